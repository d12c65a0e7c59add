"""The answer on paper: sentence, band and trust, dial beside its meaning, image and map, every class, warnings."""

from __future__ import annotations

import numpy as np
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph

from util.diagnosis import Diagnosis
from util.explanation import colour_table, default_colours, overlay
from util.language import Percent, say
from util.report.bars import Bars, has_verdict
from util.report.dial import Chip, Dial, Key
from util.report.layout import Block, Space, beside
from util.report.names import label_name, method_name, teaching_text
from util.report.paper import ACCENT, BAND_COLOURS, INK, MUTED, SANS_BOLD, SERIF_BOLD, Type
from util.report.pictures import Picture, Scale, at_print_size, rgb

_GAP = 7 * mm
_OPACITY = 0.4
_BANDS = {"below": "report.band_below", "grey": "report.band_grey", "above": "report.band_above"}
_SETS = ("report.set_none", "report.set_one", "report.set_many")
_FAMILIAR = {True: "report.familiar", False: "report.unfamiliar", None: "report.familiarity_unknown"}


def answer_blocks(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> list[Block]:
    """Blocks of flowables at `kind`'s density, `width` points wide, the two images at most `tall` points high."""
    blocks: list[Block] = [
        [
            *_teaching(diagnosis, language, kind),
            kind.text(
                diagnosis.headline.text(language), _headline_size(diagnosis, language), SERIF_BOLD, INK
            ),
            Space(kind.size(7)),
            _band_and_trust(diagnosis, language, kind, width),
        ],
        [_dial_and_meaning(diagnosis, language, kind, width)],
        [_images(diagnosis, language, kind, width, tall)],
        _classes(diagnosis, language, kind, width),
    ]
    notices = (*diagnosis.warnings, *diagnosis.photograph.notices)
    warnings = list(dict.fromkeys(notice.text(language) for notice in notices))
    if warnings:
        block = [heading("report.heading_warnings", language, kind), Space(kind.size(2))]
        # Before anything is read out of the map.
        blocks.insert(2, block + [bullet(text, kind) for text in some(warnings, language, kind)])
    return blocks


def _teaching(diagnosis: Diagnosis, language: str, kind: Type) -> Block:
    """What must be read before the sentence of a model that is wrong on purpose; nothing for any other."""
    text = teaching_text(diagnosis.card, language)
    return [kind.text(text, 9.4, SANS_BOLD, BAND_COLOURS["above"]), Space(kind.size(7))] if text else []


def heading(key: str, language: str, kind: Type) -> Paragraph:
    """A section heading."""
    return kind.text(say(key, language), 11.5, SERIF_BOLD, ACCENT)


def bullet(text: str, kind: Type) -> Paragraph:
    """One item of a list."""
    style = kind.style(8.8, leftIndent=kind.size(10), bulletFontSize=kind.size(8.8))
    return Paragraph(kind.plain(text), style, bulletText="\u2022")


def some(texts: list[str], language: str, kind: Type) -> list[str]:
    """As many of `texts` as this density shows, then one line saying how many are left out."""
    if len(texts) <= kind.items:
        return texts
    return [*texts[: kind.items], say("report.more_items", language, count=len(texts) - kind.items)]


def _headline_size(diagnosis: Diagnosis, language: str) -> float:
    """A long sentence is set smaller, so that it stays within two or three lines."""
    length = len(diagnosis.headline.text(language))
    return 21 if length < 60 else 17.5 if length < 110 else 15


def _band_and_trust(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Flowable:
    card, prediction = diagnosis.card, diagnosis.prediction
    familiar = None if prediction.familiar is None else bool(prediction.familiar)
    if familiar is False:
        chip = Chip(say("report.band_unfamiliar", language), MUTED, kind, width / 2)
    else:
        band = say(_BANDS.get(prediction.band, "report.band_none"), language)
        chip = Chip(band, BAND_COLOURS.get(prediction.band, MUTED), kind, width / 2)
    parts = [say(_FAMILIAR[familiar], language)]
    answers = prediction.prediction_set
    if answers is not None and card.conformal is not None:
        share = Percent(1 - card.conformal.alpha)
        names = ", ".join(label_name(card, index, language) for index in answers)
        parts.append(say(_SETS[min(2, len(answers))], language, share=share, names=names, count=len(answers)))
    trust = kind.text(" \u00b7 ".join(parts), 9, colour=MUTED)
    gap = kind.size(9)
    return beside([[chip], [trust]], [chip.width + gap, width - chip.width - gap], "MIDDLE")


def _dial_and_meaning(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Flowable:
    card, prediction = diagnosis.card, diagnosis.prediction
    left = 0.42 * width
    right = width - left - _GAP
    dangerous = [label_name(card, k, language) for k, label in enumerate(card.labels) if label in card.danger]
    zone = None if prediction.calibrated is None or prediction.familiar is False else card.grey_zone
    if prediction.familiar is False:
        caption = say("report.dial_unfamiliar", language)
    elif prediction.calibrated is None:
        caption = say("report.dial_raw", language)
    else:
        caption = say("report.dial_calibrated", language)
    shown = None if prediction.familiar is False else prediction.danger
    gauge: Block = [
        Dial(shown, zone, caption, language, kind, left, calibrated=prediction.calibrated is not None)
    ]
    if zone is not None:
        gauge.append(Key(language, kind, left))
    meaning: Block = [heading("report.heading_meaning", language, kind), Space(kind.size(3))]
    said = kind.text(diagnosis.meaning.text(language), 9.4)
    if prediction.familiar is False:
        # No number is explained that means nothing here.
        meaning.append(said)
    else:
        if dangerous:
            key = "report.dial_of" if prediction.calibrated is not None else "report.dial_raw_of"
            names = say(key, language, names=", ".join(dangerous))
            meaning += [kind.text(names, 8.2, colour=MUTED), Space(kind.size(4))]
        meaning += [
            said,
            Space(kind.size(4)),
            kind.text(_raw_line(diagnosis, language), 8.8, colour=MUTED),
            Space(kind.size(4)),
            kind.text(_zone_text(diagnosis, language), 8.8, colour=MUTED),
        ]
    return beside([gauge, meaning], [left + _GAP, right], "MIDDLE")


def _raw_line(diagnosis: Diagnosis, language: str) -> str:
    card, prediction = diagnosis.card, diagnosis.prediction
    raw = float(sum(prediction.raw[k] for k, label in enumerate(card.labels) if label in card.danger))
    if prediction.calibrated is None:
        return say("report.raw_alone", language, raw=raw)
    return say("report.raw_beside", language, raw=raw, calibrated=float(prediction.danger))


def _zone_text(diagnosis: Diagnosis, language: str) -> str:
    if diagnosis.zone is None:
        return say("report.no_zone", language)
    return f"{diagnosis.zone.text(language)} {say('report.zone_rule', language)}"


def _images(diagnosis: Diagnosis, language: str, kind: Type, width: float, tall: float) -> Flowable:
    column = (width - _GAP) / 2
    explanation = diagnosis.explanation
    frame = _frame(diagnosis)
    given = say("report.as_given_framed" if frame else "report.as_given", language)
    left = [
        Picture(rgb(diagnosis.photograph.pixels), column, tall, frame),
        Space(kind.size(3)),
        kind.text(given, 8, colour=MUTED),
    ]
    table = colour_table(default_colours(diagnosis.card.modality))
    picture = Picture(_under_map(diagnosis), column, tall)
    right: Block = [picture, Space(kind.size(3))]
    if not explanation.empty:
        ends = ("legend_against", "legend_for") if explanation.signed else ("legend_none", "legend_most")
        words = tuple(say(f"report.{end}", language) for end in ends)
        right.append(Scale(table[::4], words, kind, max(picture.width, 0.6 * column)))
    name = label_name(diagnosis.card, explanation.target, language)
    key = "report.map_empty" if explanation.empty else "report.map_caption"
    caption = say(key, language, method=method_name(explanation.method), name=name)
    right.append(kind.text(caption, 8, colour=MUTED))
    return beside([left, right], [column + _GAP, column])


def _classes(diagnosis: Diagnosis, language: str, kind: Type, width: float) -> Block:
    block: Block = [
        heading("report.heading_probabilities", language, kind),
        Bars(diagnosis.card, diagnosis.prediction, language, kind, width),
        Space(kind.size(3)),
    ]
    if diagnosis.prediction.familiar is False:
        note = say("report.bars_unfamiliar", language)
    else:
        note = say("report.bars_note", language)
        if has_verdict(diagnosis.prediction):
            note += " " + say("report.bars_decided", language)
    block.append(kind.text(note, 7.6, colour=MUTED))
    return block


def _frame(diagnosis: Diagnosis) -> tuple[float, float, float, float] | None:
    """The window as shares of the photograph; None where the model saw (nearly) all of it."""
    height, width = diagnosis.photograph.pixels.shape[:2]
    edges = np.array(diagnosis.prepared.window, float) / (width, height, width, height)
    left, top, right, bottom = (float(edge) for edge in np.clip(np.nan_to_num(edges), 0, 1))
    everything = left < 0.01 and top < 0.01 and right > 0.99 and bottom > 0.99
    return None if everything or right <= left or bottom <= top else (left, top, right, bottom)


def _under_map(diagnosis: Diagnosis) -> np.ndarray:
    """What the model saw, uint8 (H, W, 3) at print size and in the photograph's own aspect, under its map."""
    height, width = diagnosis.photograph.pixels.shape[:2]
    frame = _frame(diagnosis) or (0, 0, 1, 1)
    left, right = round(frame[0] * width), round(frame[2] * width)
    top, bottom = round(frame[1] * height), round(frame[3] * height)
    part = diagnosis.photograph.pixels[top:bottom, left:right]
    # Mirrored edges are in the model's input only.
    if diagnosis.prepared.padded or part.size == 0:
        part = diagnosis.prepared.pixels
    seen = at_print_size(rgb(part))
    if diagnosis.explanation.empty:
        return seen
    return overlay(seen, diagnosis.explanation, _OPACITY, default_colours(diagnosis.card.modality))
