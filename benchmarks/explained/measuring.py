"""What is measured of one image: every method's map, what it cost, whether it is faithful and where it lies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.explained.images import Asked
from util.explanation import (
    FIRST,
    NAMES,
    Asker,
    Curves,
    Explanation,
    Question,
    agreement,
    border_share,
    chances,
    controls,
    faithfulness,
    find_method,
    inside_share,
    noisy_copies,
    peak_inside,
    repeatability,
    sanity,
)
from util.explanation.asker import Runtime
from util.explanation.repeatability import RUNS
from util.modelstore import Network
from util.prediction import interpret

PRESET = "fast"
BASELINE = "blurred"


Maps = Mapping[str, Explanation]


def explained(name: str, question: Question, runtime: Runtime | None, **changes: object) -> Explanation:
    """The map of method `name` in the fast preset, some of its options changed."""
    method = find_method(name)
    asker = Asker(question.network, question.target, runtime=runtime)
    options = method.options[PRESET]
    return method.explain(question, replace(options, **changes) if changes else options, asker)


def maps_of(asked: Asked, runtime: Runtime | None, names: Sequence[str] = NAMES) -> Maps:
    """The map of each method."""
    return {name: explained(name, asked.question, runtime) for name in names}


def heats_shown(asked: Asked, maps: Maps, runtime: Runtime | None) -> dict[str, np.ndarray]:
    """The heat of each of `maps` for the class that the app would show.

    Of one unit, the evidence for one class is that against the other, where a method has signs.
    """
    question = asked.question
    if asked.shown == question.target:
        return {name: one.heat for name, one in maps.items()}
    other, one_unit = replace(question, target=asked.shown), question.network.card.units == 1
    return {
        name: -one.heat if one_unit and one.signed else explained(name, other, runtime).heat
        for name, one in maps.items()
        if name in FIRST
    }


def image_row(asked: Asked, maps: Maps, runtime: Runtime | None, *, steps: int) -> dict[str, object]:
    """All that is measured of one image, ready for JSON: what is not defined is None."""
    question, card = asked.question, asked.question.network.card
    heats = {name: found.heat for name, found in maps.items()}
    asker = Asker(question.network, question.target, runtime=runtime)
    seed = zlib.crc32(asked.path.encode())  # the random control differs from image to image
    found = faithfulness(
        chances(asker, question.encoded), question.pixels, heats, steps=steps, baseline=BASELINE, seed=seed
    )
    plain = controls(question.pixels, seed)
    prediction = question.prediction
    shown = heats_shown(asked, maps, runtime)
    return {
        "row": "image",
        "path": asked.path,
        "group": asked.group,
        "label": card.labels[asked.label],
        "target": card.labels[question.target],
        "shown": card.labels[asked.shown],
        "right": prediction.decision == asked.label,
        "probability": number(prediction.probabilities[prediction.decision]),
        "whole": number(found.whole),
        "gone": number(found.gone),
        "mask": None if asked.mask is None else number(asked.mask.mean()),
        "methods": {
            name: {
                "seconds": number(one.seconds),
                "passes": number(one.passes),
                "empty": one.empty,
                **areas(found.maps[name]),
                **places(one.heat, asked.mask),
                "facts": {key: number(value) for key, value in one.facts.items() if _is_number(value)},
            }
            for name, one in maps.items()
        },
        "controls": {
            name: {**areas(found.controls[name]), **places(heat, asked.mask)} for name, heat in plain.items()
        },
        "agreement": number(agreement({name: shown[name] for name in FIRST if name in shown}).mean()),
    }


def areas(curves: Curves | None) -> dict[str, float | None]:
    """Both areas; None for a map without curves."""
    if curves is None:
        return {"insertion": None, "deletion": None}
    return {"insertion": number(curves.insertion_area), "deletion": number(curves.deletion_area)}


def places(heat: np.ndarray, mask: np.ndarray | None) -> dict[str, float | bool | None]:
    """Where a map's positive evidence lies, as the page says it: its share inside the mask, whether its strongest point
    is there, its share on the border.
    """
    evidence = np.maximum(heat, 0)
    return {
        "focus": None if mask is None else number(inside_share(evidence, mask)),
        "pointing": None if mask is None else peak_inside(evidence, mask),
        "border": number(border_share(evidence)),
    }


def repeat_row(asked: Asked, maps: Maps, runtime: Runtime | None, *, runs: int = RUNS) -> dict[str, object]:
    """How alike the maps of `runs` seeds are, or, where there is no chance, those of `runs` copies with tiny noise."""
    question = asked.question
    copies = [again(question.network, pixels, question) for pixels in noisy_copies(question.pixels, runs)]
    found = {}
    for name, first in maps.items():
        if find_method(name).chance:
            others = [seed for seed in range(runs) if seed != first.seed][: runs - 1]
            drawn = [first] + [explained(name, question, runtime, seed=seed) for seed in others]
        else:
            drawn = [explained(name, copy, runtime) for copy in copies]
        found[name] = number(repeatability([one.heat for one in drawn]).similarity)
    return {"row": "repeat", "path": asked.path, "group": asked.group, "runs": runs, "methods": found}


def sanity_row(asked: Asked, maps: Maps, forgetful: Network) -> dict[str, object]:
    """How alike each map and that of `forgetful`, with nothing learned left, are; beside it the picture's edges."""
    other = again(forgetful, asked.question.pixels, asked.question)
    found = {}
    for name, one in maps.items():
        told = sanity([one.heat, explained(name, other, None).heat], asked.question.pixels)
        found[name] = {
            "left": number(told.trained[-1].spearman),
            "edges": number(told.edges[0].spearman),
        }
    return {"row": "sanity", "path": asked.path, "group": asked.group, "methods": found}


def again(network: Network, pixels: np.ndarray, question: Question) -> Question:
    """The same question about other `pixels` uint8 (S, S, 3), or to another network."""
    features, scores, pooled = network.answer(pixels[None], question.encoded)
    prediction = interpret(network.card, features, question.encoded, scores[0], pooled[0])
    return Question(network, pixels, prediction, question.target)


def number(value: object) -> float | None:
    """`value` as a finite float of six digits; None for None, NaN and infinity."""
    if value is None or not np.isfinite(float(value)):
        return None
    return float(f"{float(value):.6g}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
