"""Drawings on paper: a shaded matrix of agreement, and curves with their controls, as vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from reportlab.lib.colors import Color, HexColor
from reportlab.platypus import Flowable

from util.explanation import Curves
from util.language import number, percent
from util.report.paper import ACCENT, INK, LINE, MUTED, SANS, SANS_BOLD, Type, fitted

# Okabe and Ito 2008, told apart by every kind of colour vision, the ninth the accent of the page; their orange, sky
# blue and purple are darkened until they stand out from paper by 3 to 1 (WCAG 2.2, 1.4.11).
COLOURS = tuple(
    map(
        HexColor,
        ("#0072B2", "#D55E00", "#009E73", "#C66B9D", "#BF8600", "#3B97CF", "#7F6000", "#1E2430", "#0F6E6E"),
    )
)
_DASHES = {"random": (1, 2), "edges": (4, 2), "gaussian": (6, 2, 1, 2)}


class Matrix(Flowable):
    """`values` (n, n) in [-1, 1] as shaded squares with their numbers, names beside them; NaN is a dash.

    Columns are numbered as the rows are, so that any number of maps fits.
    """

    def __init__(self, names: list[str], values: np.ndarray, language: str, kind: Type, width: float) -> None:
        super().__init__()
        self.names, self.values, self.language, self.kind = names, values, language, kind
        self.width = width
        self.left = 0.3 * width
        self.cell = min((width - self.left) / max(1, len(names)), kind.size(44))
        self.row = min(self.cell, kind.size(15.5))
        self.head = kind.size(13)
        self.height = self.head + self.row * len(names)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, size = self.canv, self.kind.size(7.6)
        for i, name in enumerate(self.names):
            y = self.height - self.head - (i + 1) * self.row
            canvas.setFont(SANS, size)
            canvas.setFillColor(INK)
            label = f"{i + 1}  {name}"
            canvas.drawString(0, y + 0.34 * self.row, fitted(label, SANS, size, self.left - 6))
            canvas.setFillColor(MUTED)
            canvas.drawCentredString(
                self.left + (i + 0.5) * self.cell, self.height - self.head + self.kind.size(4), str(i + 1)
            )
            for j, value in enumerate(self.values[i]):
                self._cell(float(value), self.left + j * self.cell, y, size)

    def _cell(self, value: float, x: float, y: float, size: float) -> None:
        canvas = self.canv
        known = math.isfinite(value)
        depth = 0.55 * max(0.0, value) if known else 0.0
        canvas.setFillColor(
            Color(*(round(1 - depth * (1 - part), 4) for part in (ACCENT.red, ACCENT.green, ACCENT.blue)))
        )
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.rect(x, y, self.cell, self.row, stroke=1, fill=1)
        canvas.setFillColor(INK)
        canvas.setFont(SANS, size)
        shown = number(value, self.language) if known else "\u2013"
        canvas.drawCentredString(x + self.cell / 2, y + 0.34 * self.row, shown)


class Chart(Flowable):
    """The target's probability over the share of pixels changed: one line a map, dashed grey ones for the controls.

    `curves` name to `Curves` or None, of which `way` ("deletion", "insertion") is drawn.
    """

    def __init__(
        self,
        title: str,
        way: str,
        curves: Mapping[str, Curves | None],
        controls: Mapping[str, Curves | None],
        language: str,
        kind: Type,
        width: float,
        height: float,
    ) -> None:
        super().__init__()
        self.title, self.way, self.curves, self.controls = title, way, curves, controls
        self.language, self.kind = language, kind
        self.width, self.height = width, height

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, size = self.canv, self.kind.size(7.4)
        left, low = self.kind.size(24), self.kind.size(14)
        wide, tall = self.width - left - self.kind.size(8), self.height - low - self.kind.size(16)
        canvas.setFont(SANS_BOLD, self.kind.size(8))
        canvas.setFillColor(INK)
        canvas.drawString(
            0, self.height - self.kind.size(8), fitted(self.title, SANS_BOLD, self.kind.size(8), self.width)
        )
        canvas.setFont(SANS, size)
        for tick in (0, 0.25, 0.5, 0.75, 1):
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.5)
            canvas.line(left, low + tick * tall, left + wide, low + tick * tall)
            canvas.setFillColor(MUTED)
            canvas.drawRightString(left - 4, low + tick * tall - size / 3, number(float(tick), self.language))
            canvas.drawCentredString(left + tick * wide, low - 1.3 * size, percent(tick, self.language))
        for name, one in self.controls.items():
            self._line(one, left, low, wide, tall, MUTED, 0.9, _DASHES.get(name, (1, 1)))
        for index, one in enumerate(self.curves.values()):
            self._line(one, left, low, wide, tall, COLOURS[index % len(COLOURS)], 1.3, ())

    def _line(
        self,
        one: Curves | None,
        left: float,
        low: float,
        wide: float,
        tall: float,
        colour: Color,
        thick: float,
        dash: tuple[int, ...],
    ) -> None:
        if one is None:
            return
        canvas = self.canv
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(thick)
        canvas.setDash(*((list(dash), 0) if dash else ([], 0)))
        path = canvas.beginPath()
        values = one.deletion if self.way == "deletion" else one.insertion
        for index, (share, value) in enumerate(zip(one.shares, values, strict=True)):
            place = left + float(share) * wide, low + min(1.0, max(0.0, float(value))) * tall
            (path.lineTo if index else path.moveTo)(*place)
        canvas.drawPath(path)
        canvas.setDash([], 0)


class Keys(Flowable):
    """What the lines of a chart are: a stroke and a name each, in rows of `across`."""

    def __init__(
        self, names: list[str], controls: Mapping[str, str], kind: Type, width: float, across: int = 4
    ) -> None:
        super().__init__()
        self.kind, self.width, self.across = kind, width, across
        drawn = [(name, COLOURS[i % len(COLOURS)], ()) for i, name in enumerate(names)]
        self.entries = drawn + [(text, MUTED, _DASHES.get(name, (1, 1))) for name, text in controls.items()]
        self.height = kind.size(12) * -(-len(self.entries) // across)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, size, step = self.canv, self.kind.size(7.6), self.width / self.across
        for index, (name, colour, dash) in enumerate(self.entries):
            row, column = divmod(index, self.across)
            x, y = column * step, self.height - self.kind.size(12) * (row + 1) + self.kind.size(4)
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(1.4)
            canvas.setDash(*((list(dash), 0) if dash else ([], 0)))
            canvas.line(x, y + size / 3, x + 18, y + size / 3)
            canvas.setDash([], 0)
            canvas.setFillColor(INK)
            canvas.setFont(SANS, size)
            canvas.drawString(x + 23, y, fitted(name, SANS, size, step - 30))
