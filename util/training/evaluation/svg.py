"""Small charts as inline SVG: axes, lines, dots, intervals; colours come from the page's own variables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from util.language import number

_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 14, 12, 44
_SIZE = 13  # of letters, in units of a chart that is drawn at about its own width


class Chart:
    """One chart of `width` x `height` units over the ranges `x` and `y` (low, high), said in `language`."""

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        language: str,
        labels: tuple[str, str],
        title: str,
        width: int = 360,
        height: int = 300,
        ticks: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        # Without words on its axes a chart needs no room for them.
        self._left, self._bottom = (_LEFT, _BOTTOM) if labels[1] else (_LEFT - 16, _BOTTOM - 18)
        self._language, self._title = language, title
        self._parts: list[str] = []
        across, down = ticks or (_even(x), _even(y))
        for value in across:
            self._tick(value, False)
        for value in down:
            self._tick(value, True)
        if labels[1]:
            self._text((_LEFT + width - _RIGHT) / 2, height - 6, labels[0], "middle", "muted")
            middle = (_TOP + height - _BOTTOM) / 2
            self._parts.append(
                f'<text class="muted" text-anchor="middle" transform="translate(12 {middle:.0f}) rotate(-90)">'
                f"{escape(labels[1])}</text>"
            )

    def line(self, x: Sequence[float], y: Sequence[float], kind: str, *, dashed: bool = False) -> None:
        """A line through the points; `kind` is a class of the page: accent, below, grey, above, muted."""
        points = " ".join(f"{self._across(a):.1f},{self._down(b):.1f}" for a, b in zip(x, y, strict=True))
        dash = ' stroke-dasharray="5 5"' if dashed else ""
        self._parts.append(f'<polyline class="line {kind}"{dash} points="{points}"/>')

    def dots(
        self, x: Sequence[float], y: Sequence[float], size: Sequence[float], kind: str, shape: str = "o"
    ) -> None:
        """Dots of radius `size` in units; `shape` "o" filled circles, "s" hollow squares: never colour alone."""
        for a, b, radius in zip(x, y, size, strict=True):
            left, top = self._across(a), self._down(b)
            if shape == "o":
                self._parts.append(
                    f'<circle class="dot {kind}" cx="{left:.1f}" cy="{top:.1f}" r="{radius:.1f}"/>'
                )
            else:
                self._parts.append(
                    f'<rect class="hollow {kind}" x="{left - radius:.1f}" y="{top - radius:.1f}" '
                    f'width="{2 * radius:.1f}" height="{2 * radius:.1f}"/>'
                )

    def text(self, x: float, y: float, words: str, anchor: str = "start", kind: str = "ink") -> None:
        """Words just above a point of the chart."""
        self._text(self._across(x), self._down(y) - 8, words, anchor, kind)

    def svg(self) -> str:
        """The chart as one `<svg>` element with its title for those who do not see it."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" font-size="{_SIZE}">'
            f"<title>{escape(self._title)}</title>{''.join(self._parts)}</svg>"
        )

    def _across(self, value: float) -> float:
        share = (value - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        return self._left + share * (self.width - self._left - _RIGHT)

    def _down(self, value: float) -> float:
        share = (value - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return self.height - self._bottom - share * (self.height - _TOP - self._bottom)

    def _tick(self, value: float, vertical: bool) -> None:
        words = short(value, self._language)
        if vertical:
            at = self._down(value)
            self._parts.append(
                f'<line class="grid" x1="{self._left}" x2="{self.width - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            )
            self._text(self._left - 6, at + 4, words, "end", "muted")
        else:
            at = self._across(value)
            self._parts.append(
                f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{self.height - self._bottom}"/>'
            )
            self._text(at, self.height - self._bottom + 17, words, "middle", "muted")

    def _text(self, left: float, top: float, words: str, anchor: str, kind: str) -> None:
        self._parts.append(
            f'<text class="{kind}" x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
        )


def short(value: float, language: str) -> str:
    """A whole number without decimals, one half as 0.5, anything else with two digits."""
    if value == round(value):
        return number(round(value), language)
    return number(value, language, 1 if round(value, 1) == value else 2)


def _even(edges: tuple[float, float]) -> list[float]:
    """About five round values between two edges."""
    span = edges[1] - edges[0]
    if span <= 0:
        return [edges[0]]
    power = 10.0 ** np.floor(np.log10(span / 4))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if span / (power * times) <= 5)
    first = np.ceil(edges[0] / step - 1e-9) * step
    return [round(float(value), 6) for value in np.arange(first, edges[1] + step / 1e3, step)]


def interval(value: float, low: float | None, high: float | None, edges: tuple[float, float]) -> str:
    """A dot with its interval on a line from `edges` (low, high), as a small inline drawing without words."""
    width, height, pad = 96, 14, 5

    def at(number_: float) -> float:
        share = (number_ - edges[0]) / ((edges[1] - edges[0]) or 1)
        return pad + float(np.clip(share, 0, 1)) * (width - 2 * pad)

    whisker = ""
    if low is not None and high is not None:
        whisker = f'<line class="line accent" x1="{at(low):.1f}" x2="{at(high):.1f}" y1="7" y2="7"/>'
    return (
        f'<svg class="interval" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<line class="grid" x1="{pad}" x2="{width - pad}" y1="7" y2="7"/>{whisker}'
        f'<circle class="dot accent" cx="{at(value):.1f}" cy="7" r="3.5"/></svg>'
    )
