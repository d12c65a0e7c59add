"""The result for machines: one documented, stable JSON object, nothing beyond an allow-list."""

from __future__ import annotations

import json
import math

from util.diagnosis import Diagnosis
from util.language import Sentence, say
from util.modelstore.card import Card
from util.report.names import label_name, said, step_name, teaching_text

SCHEMA_VERSION = 1


def as_json(diagnosis: Diagnosis, language: str) -> str:
    """The result as JSON text (UTF-8 safe, two-space indent), sentences in `language`; same input, same text.

    Top-level keys: `schema` "penumbra.diagnosis", `schema_version` (raised when a key changes its meaning),
    `language`, `notice`, `modality`, `answer`, `classes` (by label, in the card's order: `raw`, `calibrated` or
    null, in [0, 1]), `familiarity`, `map`, `preparation`, `warnings`, `limits`, `metadata`, `image`, `model` (its
    `teaching` says why it is wrong on purpose, null for all but teaching models). Of the image only its SHA-256 and
    the facts of `util.imaging.Facts` are said; no path, file name, time or duration. Numbers are finite; what is
    unknown is null.
    """
    card, prediction = diagnosis.card, diagnosis.prediction
    record = {
        "schema": "penumbra.diagnosis",
        "schema_version": SCHEMA_VERSION,
        "language": language,
        "notice": say("report.education_only", language),
        "modality": card.modality,
        "answer": _answer(diagnosis, language),
        "classes": {
            label: {
                "name": label_name(card, index, language),
                "must_not_be_missed": label in card.danger,
                "raw": _number(prediction.raw[index]),
                "calibrated": None
                if prediction.calibrated is None
                else _number(prediction.calibrated[index]),
            }
            for index, label in enumerate(card.labels)
        },
        "familiarity": {
            "familiar": None if prediction.familiar is None else bool(prediction.familiar),
            "distance": _number(prediction.distance),
            "threshold": _number(card.familiarity.threshold) if card.familiarity else None,
        },
        "map": {
            "method": diagnosis.explanation.method,
            "target": card.labels[diagnosis.explanation.target],
            "grid": [int(side) for side in diagnosis.explanation.grid],
            "signed": bool(diagnosis.explanation.signed),
            "empty": bool(diagnosis.explanation.empty),
        },
        "preparation": [
            {
                "name": step.name,
                "title": step_name(step.name, language),
                "applied": bool(step.applied),
                "sentence": step.sentence.text(language),
            }
            for step in diagnosis.prepared.steps
        ],
        "warnings": [warning.text(language) for warning in diagnosis.warnings],
        "limits": [said(limit, language) for limit in card.limits],
        "metadata": {
            "age": _number(diagnosis.metadata.age),
            "sex": diagnosis.metadata.sex,
            "site": diagnosis.metadata.site,
        },
        "image": _image(diagnosis, language),
        "model": _model(card, language),
    }
    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)


def _answer(diagnosis: Diagnosis, language: str) -> dict[str, object]:
    card, prediction, people = diagnosis.card, diagnosis.prediction, diagnosis.people
    return {
        "headline": diagnosis.headline.text(language),
        "meaning": diagnosis.meaning.text(language),
        "band": prediction.band,
        "grey_zone": None if card.grey_zone is None else _zone(diagnosis, language),
        "decision": card.labels[prediction.decision],
        "most_probable": card.labels[prediction.top],
        "danger": _number(prediction.danger),
        "danger_labels": list(card.danger),
        "calibrated": prediction.calibrated is not None,
        "prediction_set": None
        if prediction.prediction_set is None
        else [card.labels[index] for index in prediction.prediction_set],
        "prediction_set_coverage": _number(1 - card.conformal.alpha) if card.conformal else None,
        "people_of_100": None
        if people is None
        else {
            "about": _number(people.about),
            "low": _number(people.low),
            "high": _number(people.high),
            "prevalence": _number(people.prevalence),
        },
    }


def _zone(diagnosis: Diagnosis, language: str) -> dict[str, object]:
    zone, sentence = diagnosis.card.grey_zone, diagnosis.zone
    return {
        "low": _number(zone.low),
        "high": _number(zone.high),
        "sentence": None if sentence is None else sentence.text(language),
    }


def _image(diagnosis: Diagnosis, language: str) -> dict[str, object]:
    facts = diagnosis.photograph.facts
    return {
        "sha256": diagnosis.photograph.sha256,
        "format": facts.format,
        "width": int(facts.width),
        "height": int(facts.height),
        "mode": facts.mode,
        "bits": int(facts.bits),
        "modality": facts.modality,
        "body_part": facts.body_part,
        "view": facts.view,
        "spacing_mm": None if facts.spacing_mm is None else [_number(side) for side in facts.spacing_mm],
        "photometric": facts.photometric,
        "age": _number(facts.age),
        "sex": facts.sex,
        "window": [_number(edge) for edge in diagnosis.prepared.window],
        "padded": bool(diagnosis.prepared.padded),
        "notices": _texts(diagnosis.photograph.notices, language),
    }


def _model(card: Card, language: str) -> dict[str, object]:
    test = card.test
    return {
        "name": card.name,
        "title": said(card.title, language),
        "teaching": teaching_text(card, language) or None,
        "created": str(card.created),
        "sha256": card.sha256,
        "population": said(card.population, language),
        "licence": said(card.licence, language),
        "test": None
        if test is None
        else {
            "data": test.data,
            "part": test.part,
            "images": int(test.images),
            "groups": int(test.groups),
            "date": str(test.date),
            "prevalence": _number(test.prevalence),
            "figures": {
                name: {
                    "value": _number(figure.value),
                    "low": _number(figure.low),
                    "high": _number(figure.high),
                }
                for name, figure in test.figures.items()
            },
        },
    }


def _texts(sentences: tuple[Sentence, ...], language: str) -> list[str]:
    return [sentence.text(language) for sentence in sentences]


def _number(value: float | None) -> float | None:
    """A finite float of six significant digits: enough for any reader, and the same on every machine."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{float(value):.6g}")
