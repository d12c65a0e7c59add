"""The gauge as vector graphics: three bands, each with its colour, pattern and word, and a needle."""

from __future__ import annotations

import math

from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from util.language import chance, number, say
from util.modelstore.card import GreyZone
from util.report.paper import (
    BAND_COLOURS,
    INK,
    LINE,
    MUTED,
    PAPER,
    SANS,
    SANS_BOLD,
    SERIF_BOLD,
    Type,
    contrast,
    fitted,
)

_INNER = 0.80  # of the radius
_GAP = 0.004
_WORDS = {"below": "report.dial_below", "grey": "report.dial_grey", "above": "report.dial_above"}


class Dial(Flowable):
    """A half circle from 0 (left) to 1 (right), its needle at `probability`; None draws neither needle nor number.

    With a `zone` it shows three bands; without one it is hatched. `caption` stands under the number, which is a
    percentage only where it is `calibrated`: a raw score promises nothing.
    """

    def __init__(
        self,
        probability: float | None,
        zone: GreyZone | None,
        caption: str,
        language: str,
        kind: Type,
        width: float,
        calibrated: bool = True,
    ) -> None:
        super().__init__()
        if probability is not None:
            probability = min(1.0, max(0.0, probability)) if math.isfinite(probability) else None
        self.probability, self.zone, self.caption = probability, zone, caption
        self.language, self.kind, self.width, self.calibrated = language, kind, width, calibrated
        self.radius = min(0.38 * width, kind.size(82))
        self.under = kind.size(22)
        self.height = self.radius + self.under + kind.size(14)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        self.centre = (self.width / 2, self.under)
        if self.zone is None:
            _hatched(self.canv, self._ring(0, 1), self._box(), self.kind)
        else:
            self._bands(self.zone)
        self._words()
        if self.probability is not None:
            self._needle(self.probability)

    def _ring(self, start: float, end: float):
        """The closed path of the ring from `start` to `end` (probabilities)."""
        x, y = self.centre
        path = self.canv.beginPath()
        first, sweep = 180 * (1 - start), -180 * (end - start)
        inner = self.radius * _INNER
        path.arc(x - self.radius, y - self.radius, x + self.radius, y + self.radius, first, sweep)
        path.arcTo(x - inner, y - inner, x + inner, y + inner, first + sweep, -sweep)
        path.close()
        return path

    def _box(self) -> tuple[float, float, float, float]:
        x, y = self.centre
        return x - self.radius, y, 2 * self.radius, self.radius

    def _bands(self, zone: GreyZone) -> None:
        low, high = sorted(min(max(edge, 0.0), 1.0) for edge in (zone.low, zone.high))
        for band, start, end in (("below", 0.0, low), ("grey", low, high), ("above", high, 1.0)):
            if end - start > 2 * _GAP:
                path = self._ring(start + _GAP * (start > 0), end - _GAP * (end < 1))
                draw_band(self.canv, band, path, self._box(), self.kind)
        self._edges([edge for edge in (low, high) if 0 < edge < 1])

    def _edges(self, edges: list[float]) -> None:
        """The grey zone's limits, outside the ring; close ones are moved apart."""
        size = self.kind.size(8)
        places = list(edges)
        if len(places) == 2 and places[1] - places[0] < 0.10:
            middle = min(0.95, max(0.05, sum(places) / 2))
            places = [middle - 0.05, middle + 0.05]
        self.canv.setFillColor(MUTED)
        self.canv.setFont(SANS, size)
        for edge, place in zip(edges, places, strict=True):
            x, y = self._point(place, 1.06)
            text = number(float(edge), self.language)
            wide = stringWidth(text, SANS, size)
            # From right-aligned on the left of the dial to left-aligned on its right.
            self.canv.drawString(
                x - wide * (1 - place), y - 0.3 * size * (1 - math.sin(math.pi * place)), text
            )

    def _point(self, share: float, radius: float) -> tuple[float, float]:
        angle = math.pi * (1 - share)
        return (
            self.centre[0] + self.radius * radius * math.cos(angle),
            self.centre[1] + self.radius * radius * math.sin(angle),
        )

    def _needle(self, at: float) -> None:
        """A slim pointer that touches the ring and leaves the middle free for the number."""
        path = self.canv.beginPath()
        path.moveTo(*self._point(at - 0.020, 0.52))
        path.lineTo(*self._point(at, 0.99))
        path.lineTo(*self._point(at + 0.020, 0.52))
        path.close()
        self.canv.setFillColor(INK)
        self.canv.setStrokeColor(PAPER)
        self.canv.setLineWidth(0.8)
        self.canv.drawPath(path, stroke=1, fill=1)

    def _words(self) -> None:
        canvas, language, kind = self.canv, self.language, self.kind
        x, y = self.centre
        small = kind.size(7.8)
        canvas.setFont(SANS, small)
        canvas.setFillColor(MUTED)
        for share, text in ((0.0, "0"), (1.0, "1")):
            canvas.drawCentredString(self._point(share, (1 + _INNER) / 2)[0], y - kind.size(9), text)
        # The caption's line stands clear of the 0 and the 1 at the ring's ends.
        canvas.drawCentredString(
            x, y - kind.size(9), fitted(self.caption, SANS, small, 2 * self.radius * _INNER)
        )
        if self.probability is not None:
            canvas.setFillColor(INK)
            canvas.setFont(SERIF_BOLD, kind.size(27))
            write = chance if self.calibrated else number
            canvas.drawCentredString(x, y + kind.size(5), write(self.probability, language))


class Key(Flowable):
    """The three bands in words beside their colour and pattern, on one line."""

    def __init__(self, language: str, kind: Type, width: float) -> None:
        super().__init__()
        self.language, self.kind, self.width, self.height = language, kind, width, kind.size(11)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, size = self.canv, self.kind.size(7.8)
        words = {band: say(key, self.language) for band, key in _WORDS.items()}
        swatch, gap, tall = self.kind.size(16), self.kind.size(4), self.kind.size(7)
        widths = [swatch + gap + stringWidth(text, SANS, size) for text in words.values()]
        between = self.kind.size(12)
        x = (self.width - sum(widths) - 2 * between) / 2
        for (band, text), width in zip(words.items(), widths, strict=True):
            path = canvas.beginPath()
            path.rect(x, 1, swatch, tall)
            draw_band(canvas, band, path, (x, 1, swatch, tall), self.kind)
            canvas.setFillColor(MUTED)
            canvas.setFont(SANS, size)
            canvas.drawString(x + swatch + gap, 2, text)
            x += width + between


class Chip(Flowable):
    """A rounded label, e.g. the band, on its colour, in the words' dark or light colour that is read better there."""

    def __init__(self, text: str, colour: Color, kind: Type, longest: float) -> None:
        super().__init__()
        self.kind, self.colour, self.size = kind, colour, kind.size(9)
        self.text = fitted(text, SANS_BOLD, self.size, longest)
        self.width = stringWidth(self.text, SANS_BOLD, self.size) + kind.size(16)
        self.height = kind.size(16)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        self.canv.setFillColor(self.colour)
        self.canv.roundRect(0, 0, self.width, self.height, self.height / 2, stroke=0, fill=1)
        self.canv.setFillColor(max(INK, PAPER, key=lambda words: contrast(words, self.colour)))
        self.canv.setFont(SANS_BOLD, self.size)
        self.canv.drawString(self.kind.size(8), self.kind.size(5), self.text)


def draw_band(canvas: Canvas, band: str, path, box: tuple[float, float, float, float], kind: Type) -> None:
    """Fill `path`, which lies inside `box` (x, y, width, height), with the colour and the pattern of `band`.

    Below: dots; grey zone: slanted lines; above: crossed lines. So the bands differ without their colours too.
    """
    canvas.saveState()
    canvas.setFillColor(BAND_COLOURS[band])
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.setFillColor(PAPER)
    canvas.setStrokeColor(PAPER)
    if band == "below":
        _dots(canvas, box, kind.size(4.2), kind.size(0.55))
    else:
        canvas.setLineWidth(kind.size(1.5 if band == "grey" else 0.7))
        _slants(canvas, box, kind.size(6.0 if band == "grey" else 5.0), 1)
        if band == "above":
            _slants(canvas, box, kind.size(5.0), -1)
    canvas.restoreState()


def _hatched(canvas: Canvas, path, box: tuple[float, float, float, float], kind: Type) -> None:
    """Fill `path` as a gauge without bands: pale, finely hatched."""
    canvas.saveState()
    canvas.setFillColor(LINE)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.setStrokeColor(MUTED)
    canvas.setLineWidth(kind.size(0.5))
    _slants(canvas, box, kind.size(4.0), 1)
    canvas.restoreState()


def _slants(canvas: Canvas, box: tuple[float, float, float, float], step: float, lean: int) -> None:
    x, y, width, height = box
    count = int((width + height) / step) + 2
    for index in range(count):
        start = x - height + index * step
        ends = (start, start + height) if lean > 0 else (start + height, start)
        canvas.line(ends[0], y, ends[1], y + height)


def _dots(canvas: Canvas, box: tuple[float, float, float, float], step: float, radius: float) -> None:
    x, y, width, height = box
    for row in range(int(height / step) + 2):
        for column in range(int(width / step) + 2):
            shift = step / 2 if row % 2 else 0
            canvas.circle(x + column * step + shift, y + row * step, radius, stroke=0, fill=1)
