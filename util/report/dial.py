"""The gauge as vector graphics: three bands, each with its colour, pattern and word, and a needle."""

from __future__ import annotations

import math

from reportlab.platypus import Flowable

from util.language import number, say
from util.modelstore.card import GreyZone
from util.report.paper import ACCENT, BAND_COLOURS, INK, LINE, MUTED, PAPER, SANS, SERIF_BOLD, Type, fitted

_THICKNESS = 0.17  # of the radius


class Dial(Flowable):
    """A half circle from 0 (left) to 1 (right), its needle at `probability`.

    With a `zone` it shows three bands; without one it is hatched and has none. `captions` are the small
    lines under the number.
    """

    def __init__(
        self,
        probability: float,
        zone: GreyZone | None,
        captions: tuple[str, ...],
        language: str,
        kind: Type,
        width: float,
    ) -> None:
        super().__init__()
        self.probability = min(1.0, max(0.0, probability)) if math.isfinite(probability) else 0.0
        self.zone, self.captions, self.language, self.kind = zone, captions, language, kind
        self.width = width
        self.radius = min(0.36 * width, kind.size(76))
        self.under = kind.size(11 + 10 * len(captions))
        self.height = self.radius + kind.size(24) + self.under

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        self.centre = (self.width / 2, self.under)
        if self.zone is None:
            self._hatched()
        else:
            self._bands(self.zone)
        self._needle()
        self._words()

    def _ring(
        self, start: float, end: float, colour, outer: float = 1.0, inner: float = 1 - _THICKNESS
    ) -> None:
        """Fill the ring from `start` to `end` (probabilities), radii as shares of the dial's."""
        x, y = self.centre
        path = self.canv.beginPath()
        first, sweep = 180 * (1 - start), -180 * (end - start)
        for radius, angle, extent in (
            (self.radius * outer, first, sweep),
            (self.radius * inner, first + sweep, -sweep),
        ):
            box = (x - radius, y - radius, x + radius, y + radius)
            if radius == self.radius * outer:
                path.arc(*box, angle, extent)
            else:
                path.arcTo(*box, angle, extent)
        path.close()
        self.canv.setFillColor(colour)
        self.canv.drawPath(path, stroke=0, fill=1)

    def _bands(self, zone: GreyZone) -> None:
        low, high = min(max(zone.low, 0.0), 1.0), min(max(zone.high, 0.0), 1.0)
        gap = 0.004
        if low > gap:
            self._ring(0, low - gap, BAND_COLOURS["below"])
        if 1 - high > gap:
            self._ring(high + gap, 1, BAND_COLOURS["above"])
            # Two light rings: the pattern of "above", for readers who do not see its colour.
            for outer in (1 - 0.3 * _THICKNESS, 1 - 0.62 * _THICKNESS):
                self._ring(high + gap, 1, PAPER, outer, outer - 0.1 * _THICKNESS)
        slices = max(1, round((high - low) / 0.035))
        for index in range(slices):
            start = low + (high - low) * index / slices
            self._ring(
                start + gap, max(start + gap, start + (high - low) / slices - gap), BAND_COLOURS["grey"]
            )
        size = self.kind.size(8)
        self.canv.setFillColor(MUTED)
        self.canv.setFont(SANS, size)
        last = None
        for edge in (low, high):
            if 0 < edge < 1:
                x, y = self._point(edge, 1 + 0.075)
                text = number(edge, self.language)
                # Two close edges would print over one another.
                if last is not None and edge - last < 0.12:
                    x += self.kind.size(8)
                if x < self.centre[0] - 0.05 * self.radius:
                    self.canv.drawRightString(x, y, text)
                elif x > self.centre[0] + 0.05 * self.radius:
                    self.canv.drawString(x, y, text)
                else:
                    self.canv.drawCentredString(x, y, text)
                last = edge

    def _hatched(self) -> None:
        self._ring(0, 1, LINE)
        self.canv.setStrokeColor(MUTED)
        self.canv.setLineWidth(0.5)
        for index in range(1, 60):
            share = index / 60
            outer, inner = self._point(share, 1.0), self._point(share + 0.012, 1 - _THICKNESS)
            self.canv.line(*outer, *inner)

    def _point(self, share: float, radius: float) -> tuple[float, float]:
        angle = math.pi * (1 - share)
        return (
            self.centre[0] + self.radius * radius * math.cos(angle),
            self.centre[1] + self.radius * radius * math.sin(angle),
        )

    def _needle(self) -> None:
        canvas = self.canv
        canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setLineCap(1)
        canvas.setLineWidth(self.kind.size(2.2))
        # The needle starts away from the number, which stands at the hub.
        canvas.line(*self._point(self.probability, 0.50), *self._point(self.probability, 0.97))
        canvas.setLineCap(0)

    def _words(self) -> None:
        canvas, language = self.canv, self.language
        x, y = self.centre
        canvas.setFillColor(INK)
        canvas.setFont(SERIF_BOLD, self.kind.size(25))
        canvas.drawCentredString(x, y + self.kind.size(4), number(self.probability, language))
        small = self.kind.size(7.6)
        canvas.setFont(SANS, small)
        canvas.setFillColor(MUTED)
        for share, text in ((0.0, "0"), (1.0, "1")):
            canvas.drawCentredString(self._point(share, 1 - _THICKNESS / 2)[0], y - self.kind.size(9), text)
        for index, caption in enumerate(self.captions):
            canvas.setFillColor(INK if index == 0 else MUTED)
            line = fitted(caption, SANS, small, self.width * 0.98 if index else self.radius * 1.6)
            canvas.drawCentredString(x, y - self.kind.size(8 + 10 * index), line)


class Legend(Flowable):
    """The three bands in words beside their colour and pattern, on one line."""

    def __init__(self, language: str, kind: Type, width: float) -> None:
        super().__init__()
        self.language, self.kind, self.width, self.height = language, kind, width, kind.size(11)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, size = self.canv, self.kind.size(7.6)
        words = {
            "below": say("report.dial_below", self.language),
            "grey": say("report.dial_grey", self.language),
            "above": say("report.dial_above", self.language),
        }
        swatch, gap = self.kind.size(13), self.kind.size(4)
        widths = [swatch + gap + canvas.stringWidth(text, SANS, size) for text in words.values()]
        between = self.kind.size(12)
        x = (self.width - sum(widths) - 2 * between) / 2
        for (band, text), width in zip(words.items(), widths, strict=True):
            draw_swatch(canvas, band, x, self.kind.size(1), swatch, self.kind.size(6))
            canvas.setFillColor(MUTED)
            canvas.setFont(SANS, size)
            canvas.drawString(x + swatch + gap, self.kind.size(1.5), text)
            x += width + between


def draw_swatch(canvas, band: str, x: float, y: float, width: float, height: float) -> None:
    """A small rectangle in the colour and the pattern of `band` ("below", "grey", "above")."""
    canvas.setFillColor(BAND_COLOURS[band])
    if band == "grey":
        for index in range(4):
            canvas.rect(x + index * width / 4, y, width / 4 - 0.8, height, stroke=0, fill=1)
        return
    canvas.rect(x, y, width, height, stroke=0, fill=1)
    if band == "above":
        canvas.setFillColor(PAPER)
        for share in (0.25, 0.6):
            canvas.rect(x, y + share * height, width, 0.13 * height, stroke=0, fill=1)


class Chip(Flowable):
    """A rounded label with white words, e.g. the band, in its colour."""

    def __init__(self, text: str, colour, kind: Type, longest: float) -> None:
        super().__init__()
        self.kind, self.colour = kind, colour
        self.size = kind.size(9)
        self.text = fitted(text, "Helvetica-Bold", self.size, longest)
        from reportlab.pdfbase.pdfmetrics import stringWidth

        self.width = stringWidth(self.text, "Helvetica-Bold", self.size) + kind.size(16)
        self.height = kind.size(16)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        self.canv.setFillColor(self.colour or ACCENT)
        self.canv.roundRect(0, 0, self.width, self.height, self.height / 2, stroke=0, fill=1)
        self.canv.setFillColor(PAPER)
        self.canv.setFont("Helvetica-Bold", self.size)
        self.canv.drawString(self.kind.size(8), self.kind.size(5), self.text)
