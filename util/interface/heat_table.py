"""A table of figures, each cell shaded by how far it fell; its number stands in it, so that colour is never alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from util.interface.precise import precise, signed
from util.interface.text import markup
from util.interface.tongue import words
from util.modelstore.card import Figure
from util.modelstore.record_of_test import Changed

_FALL = 0.2  # a fall of this much is shaded fully
_DEEPEST = 45  # percent of the shade; darker, and the ink could not be read


@dataclass(frozen=True)
class Cell:
    """A figure, what stands under it, and how deep it is shaded, 0 to 1."""

    text: str
    below: str = ""
    depth: float = 0.0


def fallen(row: Changed | None, figure: str) -> Cell:
    """The cell of one change: the figure, its change with the interval of that, shaded by the fall."""
    if row is None or figure not in row.figures:
        return Cell("–")
    change = row.change.get(figure)
    if change is None:
        return Cell(precise(row.figures[figure].value))
    return Cell(precise(row.figures[figure].value), change_text(change), -change.value / _FALL)


def change_text(change: Figure) -> str:
    """A change with its sign and interval."""
    if change.low is None or change.high is None:
        return signed(change.value)
    return words("pages.change", value=signed(change.value), low=signed(change.low), high=signed(change.high))


def heat_table_ui(head: Sequence[str], rows: Mapping[str, Sequence[Cell]]) -> None:
    """Columns `head`, the first one for the names of the `rows`."""
    top = "".join(f'<th scope="col">{markup(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{markup(name)}</th>' + "".join(map(_cell, cells)) + "</tr>"
        for name, cells in rows.items()
    )
    st.html(
        f'<div class="rows heat" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(cell: Cell) -> str:
    share = round(_DEEPEST * min(max(cell.depth, 0.0), 1.0))
    shade = f' style="background:color-mix(in srgb, var(--above) {share}%, transparent)"' if share else ""
    below = f"<small>{markup(cell.below)}</small>" if cell.below else ""
    return f"<td{shade}>{markup(cell.text)}{below}</td>"
