"""Every class as one row of vector graphics: sign, name, bar, calibrated and raw probability."""

from __future__ import annotations

import math

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from util.language import number, say
from util.modelstore.card import Card
from util.prediction import Prediction
from util.report.names import label_name
from util.report.paper import ACCENT, BAND_COLOURS, INK, LINE, MUTED, SANS, SANS_BOLD, Type, fitted, printable

MOST = 20


class Bars(Flowable):
    """Rows sorted by probability, at most `MOST` of them.

    A triangle and a word mark classes that must not be missed, a dot and a word the class that the rule decides.
    """

    def __init__(self, card: Card, prediction: Prediction, language: str, kind: Type, width: float) -> None:
        super().__init__()
        self.card, self.prediction, self.language, self.kind = card, prediction, language, kind
        probabilities = [_finite(value) for value in prediction.probabilities]
        order = sorted(range(len(card.labels)), key=lambda k: (-probabilities[k], k))
        self.shown, self.rest = order[:MOST], order[MOST:]
        self.probabilities = probabilities
        self.row = kind.size(14.5 if len(self.shown) <= 8 else 11.5)
        self.width = width
        self.height = self.row * (1 + len(self.shown) + bool(self.rest))

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Width and height in points, whatever is available."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas at its current origin."""
        canvas, language = self.canv, self.language
        size = min(self.kind.size(8.6), self.row * 0.72)
        number_width = self.kind.size(46)
        columns = 1 if self.prediction.calibrated is None else 2
        bar_right = self.width - columns * number_width
        bar_left = 0.50 * self.width
        y = self.height - self.row
        canvas.setFillColor(MUTED)
        canvas.setFont(SANS, size * 0.9)
        titles = [say("report.column_raw", language)]
        if columns == 2:
            titles.insert(0, say("report.column_calibrated", language))
        for place, title in enumerate(titles):
            right = bar_right + (place + 1) * number_width
            canvas.drawRightString(
                right, y + 0.3 * self.row, fitted(title, SANS, size * 0.9, number_width - 4)
            )
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.line(0, y, self.width, y)
        for index in self.shown:
            y -= self.row
            self._name(index, y + 0.3 * self.row, size, bar_left)
            self._bar(index, y, bar_left, bar_right)
            values = [self.prediction.raw[index]]
            if columns == 2:
                values.insert(0, self.prediction.calibrated[index])
            for place, value in enumerate(values):
                canvas.setFillColor(MUTED if place else INK)
                canvas.setFont(SANS, size)
                right = bar_right + (place + 1) * number_width
                canvas.drawRightString(right, y + 0.3 * self.row, number(float(value), language))
            canvas.line(0, y, self.width, y)
        if self.rest:
            y -= self.row
            total = math.fsum(self.probabilities[k] for k in self.rest)
            text = say("report.more_classes", language, count=len(self.rest), sum=total)
            canvas.setFillColor(MUTED)
            canvas.setFont(SANS, size)
            canvas.drawString(0, y + 0.3 * self.row, fitted(text, SANS, size, self.width))

    def _name(self, index: int, y: float, size: float, bar_left: float) -> None:
        canvas, sign = self.canv, size * 0.8
        dangerous = self.card.labels[index] in self.card.danger
        decided = index == self.prediction.decision and has_verdict(self.prediction)
        x = 0.0
        if dangerous:
            canvas.setFillColor(BAND_COLOURS["above"])
            path = canvas.beginPath()
            path.moveTo(x, y - 0.05 * sign)
            path.lineTo(x + sign, y - 0.05 * sign)
            path.lineTo(x + sign / 2, y + 0.85 * sign)
            path.close()
            canvas.drawPath(path, stroke=0, fill=1)
        x += sign + size * 0.5
        if decided:
            canvas.setFillColor(ACCENT)
            canvas.circle(x + 0.35 * sign, y + 0.36 * sign, 0.36 * sign, stroke=0, fill=1)
        x += sign * 0.7 + size * 0.45
        words = []
        if decided:
            words.append(say("report.decided_word", self.language))
        if dangerous:
            words.append(say("report.danger_word", self.language))
        note = fitted(", ".join(words), SANS, size * 0.8, 0.5 * bar_left) if words else ""
        note_width = canvas.stringWidth(note, SANS, size * 0.8) + size if note else 0
        font = SANS_BOLD if decided else SANS
        label, name = self.card.labels[index], label_name(self.card, index, self.language)
        # The card's own string too, where it is a short code that people may meet elsewhere.
        room = bar_left - x - note_width - size * 0.6
        text = f"{name} ({label})"
        coded = self.card.modality == "skin" and name != label and len(label) < 6
        if not coded or stringWidth(printable(text), font, size) > room:
            text = name
        text = fitted(text, font, size, room)
        canvas.setFillColor(INK)
        canvas.setFont(font, size)
        canvas.drawString(x, y, text)
        if note:
            canvas.setFillColor(MUTED)
            canvas.setFont(SANS, size * 0.8)
            canvas.drawRightString(bar_left - size * 0.6, y, note)

    def _bar(self, index: int, y: float, left: float, right: float) -> None:
        canvas, thick = self.canv, self.row * 0.46
        bottom, full = y + (self.row - thick) / 2, right - left
        canvas.setFillColor(LINE)
        canvas.rect(left, bottom, full, thick, stroke=0, fill=1)
        dangerous = self.card.labels[index] in self.card.danger
        length = full * min(1.0, self.probabilities[index])
        colour = BAND_COLOURS["above" if dangerous else "below"]
        canvas.setFillColor(MUTED if self.prediction.familiar is False else colour)
        canvas.rect(left, bottom, length, thick, stroke=0, fill=1)


def has_verdict(prediction: Prediction) -> bool:
    """Whether the page may call a class decided: not in the grey zone, not for an unfamiliar image."""
    return prediction.familiar is not False and prediction.band != "grey"


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
