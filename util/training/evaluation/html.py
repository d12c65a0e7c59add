"""The few pieces of HTML that a report is made of: tables, shaded tables, figures in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from util.language import number
from util.training.evaluation import svg


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: int = 1,
    own: int | None = None,
    dense: bool = False,
) -> str:
    """A table of cells that are HTML already; columns from `numbers` on are set right; row `own` stands out.

    A `dense` one puts intervals on a second line.
    """
    titles = "".join(_cell("th", text, i >= numbers, ' scope="col"') for i, text in enumerate(head))
    lines = []
    for index, row in enumerate(rows):
        cells = [_cell("th", row[0], numbers == 0, ' scope="row"')]
        cells += [_cell("td", text, i >= numbers, "") for i, text in enumerate(row[1:], 1)]
        lines.append(f"<tr{' class=own' if index == own else ''}>{''.join(cells)}</tr>")
    kind = ' class="dense"' if dense else ""
    return _scroll(f"<table{kind}><thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>")


def heat(
    head: Sequence[str],
    rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]],
    colour: str = "above",
) -> str:
    """A table whose cells (number, a second line, strength in [0, 1]) are shaded by `colour`, at most by half."""
    titles = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = []
    for name, cells in rows:
        shaded = "".join(_shaded(text, more, strength, colour) for text, more, strength in cells)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{shaded}</tr>')
    return _scroll(
        f'<table class="heat"><thead><tr>{titles}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
    )


def figure(value: Sequence[float] | None, language: str, missing: str = "–") -> str:
    """A figure [value, low, high] or [value] as HTML, three digits, its interval in brackets."""
    if not value:
        return f'<span class="muted">{escape(missing)}</span>'
    text = escape(number(float(value[0]), language, 3))
    if len(value) < 3:
        return text
    low, high = (escape(number(float(edge), language)) for edge in value[1:3])
    return f"{text} <small>({low} – {high})</small>"


def drawn(
    value: Sequence[float] | None, edges: tuple[float, float], language: str, missing: str = "–"
) -> str:
    """`figure` behind a small drawing of it."""
    if not value:
        return figure(value, language, missing)
    low, high = value[1:3] if len(value) > 2 else (None, None)
    return f"{svg.interval(value[0], low, high, edges)} {figure(value, language)}"


def chart(drawing: str, caption: str) -> str:
    """A chart with its caption."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawing}</figure>"


def charts(pieces: Iterable[str], small: bool = False) -> str:
    """Charts beside one another, as many as the page is wide."""
    return f'<div class="charts{" small" if small else ""}">{"".join(pieces)}</div>'


def folded(title: str, body: str, open_: bool = False) -> str:
    """A part that folds away."""
    return f"<details{' open' if open_ else ''}><summary>{escape(title)}</summary>{body}</details>"


def paragraph(text: str, kind: str = "muted") -> str:
    """One paragraph."""
    return f'<p class="{kind}">{escape(text)}</p>'


def _cell(tag: str, text: str, is_number: bool, more: str) -> str:
    return f"<{tag}{more}{' class=number' if is_number else ''}>{text}</{tag}>"


def _shaded(text: str, more: str, strength: float, colour: str) -> str:
    share = 50 * min(max(strength, 0), 1)
    second = f"<small>{escape(more)}</small>" if more else ""
    mix = f"color-mix(in srgb, var(--{colour}) {share:.0f}%, var(--card))"
    return f'<td style="background:{mix}">{escape(text)}{second}</td>'


def _scroll(body: str) -> str:
    # Reached by the keyboard too, where it is too wide.
    return f'<div class="scroll" tabindex="0">{body}</div>'
