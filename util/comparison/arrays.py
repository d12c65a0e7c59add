"""All arrays of a comparison in one file for NumPy, with the facts that they mean nothing without."""

from __future__ import annotations

import datetime
import io
import json

import numpy as np

from util.comparison.values import Comparison, Finding
from util.explanation import Curves
from util.explanation.agreement import MATRICES

SCHEMA = 1


def comparison_npz(comparison: Comparison, day: datetime.date) -> bytes:
    """The bytes of a compressed `.npz`; the same arguments give the same bytes.

    `pixels` uint8 (H, W, 3); `map_<method>` float32 (H, W), in [0, 1] or, where its facts say signed, in [-1, 1];
    `consensus`; `shares`, `deletion_<name>`, `insertion_<name>` (steps + 1,) of methods and controls; `agreement_<m>`
    (n, n) in the order of the fact `agreement`. `facts` is one JSON text (`json.loads(str(file["facts"]))`).
    """
    arrays: dict[str, np.ndarray] = {"pixels": comparison.question.pixels}
    curves: dict[str, Curves | None] = {}
    for name, finding in comparison.findings.items():
        arrays[f"map_{name}"] = finding.explanation.heat
        curves[name] = finding.curves
    curves |= comparison.controls
    for name, one in curves.items():
        if one is not None:
            arrays["shares"] = one.shares
            arrays[f"deletion_{name}"], arrays[f"insertion_{name}"] = one.deletion, one.insertion
    if comparison.consensus is not None:
        arrays["consensus"] = comparison.consensus
    if comparison.agreement is not None:
        arrays |= {f"agreement_{name}": getattr(comparison.agreement, name) for name in MATRICES}
    arrays["facts"] = np.array(json.dumps(facts(comparison, day), ensure_ascii=False))
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def facts(comparison: Comparison, day: datetime.date) -> dict[str, object]:
    """What a comparison was made of and what it found, as plain values for JSON; text in English."""
    card, prediction = comparison.diagnosis.card, comparison.diagnosis.prediction
    faithful, composite = comparison.faithfulness, comparison.composite
    return {
        "schema": SCHEMA,
        "program": "Penumbra",
        "terms": "education only, not a medical device",
        "date": day.isoformat(),
        "model": card.name,
        "model_sha256": card.sha256,
        "modality": card.modality,
        "labels": list(card.labels),
        "target": card.labels[comparison.target],
        "probabilities": [float(value) for value in prediction.probabilities],
        "calibrated": prediction.calibrated is not None,
        "layer": comparison.question.layer or card.gradcam_layer,
        "preset": comparison.preset,
        "runtime": comparison.runtime,
        "seconds": round(comparison.seconds, 4),
        "done": comparison.done,
        "curves": None
        if faithful is None
        else {
            "baseline": faithful.baseline,
            "steps": faithful.steps,
            "whole": faithful.whole,
            "gone": faithful.gone,
        },
        "agreement": list(comparison.agreement.names) if comparison.agreement else None,
        "composite": None
        if composite is None
        else {
            "value": composite.confidence.value,
            "probability": composite.confidence.probability,
            "agreement": composite.confidence.agreement,
            "weight": composite.confidence.weight,
            "limit": composite.confidence.limit,
            "limit_measured": composite.confidence.measured,
        },
        "methods": {name: _of(finding) for name, finding in comparison.findings.items()},
        "controls": {name: _areas(curves) for name, curves in comparison.controls.items()},
    }


def _of(finding: Finding) -> dict[str, object]:
    one, focus = finding.explanation, finding.focus
    return {
        "signed": one.signed,
        "empty": one.empty,
        "grid": [int(side) for side in one.grid],
        "passes": float(one.passes),
        "seconds": round(float(finding.seconds), 4),
        "seed": one.seed,
        "facts": {name: _plain(value) for name, value in one.facts.items()},
        **_areas(finding.curves),
        "inside": None if focus is None else focus.inside,
        "field": None if focus is None else focus.field,
        "border": None if focus is None else focus.border,
        "remarks": [remark.text("en") for remark in finding.remarks],
    }


def _areas(curves: Curves | None) -> dict[str, float | None]:
    return {
        "insertion_area": None if curves is None else curves.insertion_area,
        "deletion_area": None if curves is None else curves.deletion_area,
    }


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
