"""Page one: the answer, what its number means, the image with its map, every class, warnings."""

from __future__ import annotations

import cv2
import numpy as np
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph

from util.diagnosis import Diagnosis
from util.language import Percent, say
from util.report.bars import Bars
from util.report.dial import Chip, Dial, Legend
from util.report.layout import Space, beside
from util.report.names import label_name
from util.report.paper import ACCENT, BAND_COLOURS, INK, MUTED, SERIF_BOLD, Type
from util.report.pictures import Picture, Scale, rgb

PICTURES = (66 * mm, 92 * mm)
_GAP = 7 * mm


def stack(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> list[Flowable]:
    """The flowables of page one at `kind`'s density, pictures at most `tall` points high."""
    pieces: list[Flowable] = [
        kind.text(diagnosis.headline.text(language), 21, SERIF_BOLD, INK),
        Space(kind.size(7)),
        _band_and_trust(diagnosis, language, kind, width),
        Space(kind.size(8)),
        _dial_and_meaning(diagnosis, language, kind, width),
        Space(kind.size(10)),
        _images(diagnosis, language, kind, width, tall),
        Space(kind.size(9)),
        heading("report.heading_probabilities", language, kind),
        Bars(diagnosis.card, diagnosis.prediction, language, kind, width),
        Space(kind.size(3)),
        kind.text(say("report.bars_note", language), 7.6, colour=MUTED),
    ]
    warnings = list(
        dict.fromkeys(s.text(language) for s in (*diagnosis.warnings, *diagnosis.photograph.notices))
    )
    if warnings:
        pieces += [Space(kind.size(8)), heading("report.heading_warnings", language, kind)]
        pieces += [bullet(text, kind) for text in some(warnings, language, kind)]
    return pieces


def heading(key: str, language: str, kind: Type) -> Paragraph:
    """A section heading."""
    return kind.text(say(key, language), 11.5, SERIF_BOLD, ACCENT, spaceAfter=0)


def bullet(text: str, kind: Type) -> Paragraph:
    """One item of a list."""
    return Paragraph(
        kind.plain(text),
        kind.style(8.8, leftIndent=kind.size(9), bulletIndent=0),
        bulletText="\u2022",
    )


def some(texts: list[str], language: str, kind: Type) -> list[str]:
    """As many of `texts` as this density shows, then one line saying how many are left out."""
    if len(texts) <= kind.items:
        return texts
    return [*texts[: kind.items], say("report.more_items", language, count=len(texts) - kind.items)]


def _band_and_trust(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Flowable:
    prediction = diagnosis.prediction
    band = say(_BANDS.get(prediction.band, "report.band_none"), language)
    chip = Chip(band, BAND_COLOURS.get(prediction.band, MUTED), kind, width / 2)
    familiar = {True: "report.familiar", False: "report.unfamiliar", None: "report.familiarity_unknown"}
    parts = [say(familiar[None if prediction.familiar is None else bool(prediction.familiar)], language)]
    answers = prediction.prediction_set
    if answers is not None and diagnosis.card.conformal is not None:
        share = Percent(1 - diagnosis.card.conformal.alpha)
        names = ", ".join(label_name(diagnosis.card, index, language) for index in answers)
        key = _SETS[min(2, len(answers))]
        parts.append(say(key, language, share=share, names=names, count=len(answers)))
    colour = BAND_COLOURS["above"] if prediction.familiar is False else MUTED
    trust = kind.text(" \u00b7 ".join(parts), 9, colour=colour)
    return beside([[chip], [trust]], [chip.width + kind.size(9), width - chip.width - kind.size(9)], "MIDDLE")


_BANDS = {"below": "report.band_below", "grey": "report.band_grey", "above": "report.band_above"}
_SETS = ("report.set_none", "report.set_one", "report.set_many")


def _dial_and_meaning(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Flowable:
    card, prediction = diagnosis.card, diagnosis.prediction
    left = 0.44 * width
    calibrated = prediction.calibrated is not None
    dangerous = [label_name(card, k, language) for k, label in enumerate(card.labels) if label in card.danger]
    captions = [say("report.dial_calibrated" if calibrated else "report.dial_raw", language)]
    if dangerous:
        captions.append(say("report.dial_of", language, names=", ".join(dangerous)))
    zone = card.grey_zone if calibrated else None
    gauge: list[Flowable] = [Dial(prediction.danger, zone, tuple(captions), language, kind, left)]
    if zone is not None:
        gauge += [Space(kind.size(3)), Legend(language, kind, left)]
    zone_text = diagnosis.zone.text(language) if diagnosis.zone else say("report.no_zone", language)
    meaning = [
        heading("report.heading_meaning", language, kind),
        Space(kind.size(2)),
        kind.text(diagnosis.meaning.text(language), 9.4),
        Space(kind.size(5)),
        kind.text(zone_text, 9.4, colour=MUTED),
    ]
    return beside([gauge, meaning], [left + _GAP, width - left - _GAP], "MIDDLE")


def _images(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> Flowable:
    column = (width - _GAP) / 2
    whole = diagnosis.photograph.pixels
    frame = _frame(diagnosis)
    seen = _seen(diagnosis)
    explanation = diagnosis.explanation
    words = {
        "method": _METHODS.get(explanation.method, explanation.method),
        "name": label_name(diagnosis.card, explanation.target, language),
    }
    given = "report.as_given_framed" if frame else "report.as_given"
    left = [
        Picture(rgb(whole), column, tall, frame),
        Space(kind.size(3)),
        kind.text(say(given, language), 8, colour=MUTED),
    ]
    key = "report.map_empty" if explanation.empty else "report.map_caption"
    right: list[Flowable] = [Picture(_overlay(seen, diagnosis), column, tall), Space(kind.size(3))]
    if not explanation.empty:
        ends = ("report.legend_against", "report.legend_for") if explanation.signed else _ENDS
        right.append(
            Scale(_colours(diagnosis), tuple(say(end, language) for end in ends), kind, right[0].width)
        )
    right.append(kind.text(say(key, language, **words), 8, colour=MUTED))
    return beside([left, right], [column + _GAP, column])


_ENDS = ("report.legend_none", "report.legend_most")
_METHODS = {"grad_cam": "Grad-CAM"}


def _frame(diagnosis: Diagnosis) -> tuple[float, float, float, float] | None:
    """The window as shares of the photograph; None where the model saw (nearly) all of it."""
    height, width = diagnosis.photograph.pixels.shape[:2]
    left, top, right, bottom = diagnosis.prepared.window
    shares = tuple(
        min(1.0, max(0.0, v)) for v in (left / width, top / height, right / width, bottom / height)
    )
    everything = shares[0] < 0.01 and shares[1] < 0.01 and shares[2] > 0.99 and shares[3] > 0.99
    return None if everything or shares[2] <= shares[0] or shares[3] <= shares[1] else shares


def _seen(diagnosis: Diagnosis) -> np.ndarray:
    """The part of the photograph that the model saw; the model's input where edges were mirrored."""
    height, width = diagnosis.photograph.pixels.shape[:2]
    left, top, right, bottom = (round(edge) for edge in diagnosis.prepared.window)
    part = diagnosis.photograph.pixels[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    return rgb(diagnosis.prepared.pixels if diagnosis.prepared.padded or part.size == 0 else part)


def _colours(diagnosis: Diagnosis) -> np.ndarray:
    ramp = np.arange(0, 256, 4, dtype=np.uint8)[None]
    name = cv2.COLORMAP_INFERNO if diagnosis.card.modality == "chest" else cv2.COLORMAP_CIVIDIS
    return cv2.applyColorMap(ramp, name)[0, :, ::-1]


def _overlay(seen: np.ndarray, diagnosis: Diagnosis) -> np.ndarray:
    if diagnosis.explanation.empty:
        return seen
    heat = cv2.resize(diagnosis.explanation.heat, seen.shape[1::-1])
    name = cv2.COLORMAP_INFERNO if diagnosis.card.modality == "chest" else cv2.COLORMAP_CIVIDIS
    colour = cv2.applyColorMap((np.clip(heat, 0, 1) * 255).astype(np.uint8), name)[..., ::-1]
    alpha = (0.65 * np.clip(heat, 0, 1))[..., None]
    return (seen * (1 - alpha) + colour * alpha).round().astype(np.uint8)
