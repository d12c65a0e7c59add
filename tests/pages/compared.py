"""Comparisons written by hand: every state of the Compare page without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from util.comparison import Comparison, Composite, Finding, Focus, Forgetting, Pair, Progress, Stage
from util.diagnosis import Diagnosis, spoken_class
from util.explanation import (
    Cancelled,
    Curves,
    Explanation,
    Faithfulness,
    Question,
    agreement,
    confidence,
    consensus,
    find_method,
    sanity,
)
from util.language import Sentence
from util.modelstore import Network

# Where each method's map is strongest, in shares of the image, and how wide it is.
SPOTS = {
    "grad_cam": (0.3, 0.6, 0.16),
    "grad_cam_plus_plus": (0.31, 0.6, 0.17),
    "layer_cam": (0.3, 0.62, 0.15),
    "score_cam": (0.32, 0.58, 0.2),
    "integrated_gradients": (0.75, 0.2, 0.1),
    "smooth_grad": (0.3, 0.55, 0.2),
    "occlusion": (0.28, 0.62, 0.14),
    "lime": (0.33, 0.6, 0.2),
    "rise": (0.3, 0.57, 0.25),
}


def spot(name: str, side: int) -> np.ndarray:
    """A warm place, float32 (side, side), with a cold one beside it where the method has signs."""
    x, y, width = SPOTS[name]
    across, down = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    heat = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * width**2))
    if find_method(name).signed:
        heat -= 0.6 * np.exp(-((across - 0.8) ** 2 + (down - 0.3) ** 2) / 0.01)
    return (heat / np.abs(heat).max()).astype(np.float32)


def explanation(name: str, side: int, target: int = 1, empty: bool = False) -> Explanation:
    """One map as its method would hand it over."""
    heat = np.zeros((side, side), np.float32) if empty else spot(name, side)
    notes = (Sentence.of("methods.no_evidence"),) if empty else ()
    method = find_method(name)
    return Explanation(
        name,
        target,
        heat,
        (14, 14),
        method.signed,
        empty,
        196.0,
        0.4,
        0 if method.chance else None,
        {},
        notes,
    )


def curves(sharp: float) -> Curves:
    """Deletion and insertion of a map that is the better the sharper."""
    shares = np.linspace(0, 1, 21)
    return Curves(shares, 0.9 * np.exp(-sharp * shares) + 0.02, 0.92 - 0.9 * np.exp(-sharp * shares))


def comparison(
    diagnosis: Diagnosis,
    methods: tuple[str, ...],
    target: int | None = None,
    preset: str = "fast",
    empty: tuple[str, ...] = (),
    done: bool = True,
) -> Comparison:
    """A whole comparison whose maps are those of SPOTS; `empty` ones have no evidence."""
    target = spoken_class(diagnosis.card, diagnosis.prediction) if target is None else target
    side = diagnosis.prepared.pixels.shape[0]
    inside = "lungs" if diagnosis.card.modality == "chest" else None
    found = {}
    for i, name in enumerate(methods):
        one = explanation(name, side, target, name in empty)
        lost = Sentence.of("measures.loses_insertion", name=name, control=Sentence.of("measures.gaussian"))
        found[name] = Finding(
            one,
            None if one.empty else curves(5 + i),
            None if one.empty else Focus(0.6 if inside else None, 0.2, inside, True, 0.4),
            (*one.notes, *(() if i else (lost,))),
            0.4 + i,
        )
    known = {name: curves(sharp) for name, sharp in (("random", 1), ("edges", 3), ("gaussian", 5.5))}
    maps = {name: one.explanation.heat for name, one in found.items()}
    alike = agreement(maps) if len(maps) > 1 else None
    if alike is not None and alike.mean() is None:
        alike = None
    composite = None
    if alike is not None and diagnosis.prediction.calibrated is not None:
        value = confidence(float(diagnosis.prediction.probabilities[target]), alike.mean())
        worth = (Sentence.of("comparison.worth_unknown"),)
        alert = value.alert(diagnosis.card.modality)
        composite = Composite(value, value.formula(), value.limit_sentence(), alert, worth)
    return Comparison(
        question=Question(Network(diagnosis.card), diagnosis.prepared.pixels, diagnosis.prediction, target),
        diagnosis=diagnosis,
        target=target,
        preset=preset,
        asked=tuple(methods),
        findings=found,
        controls=known,
        faithfulness=Faithfulness(
            {name: one.curves for name, one in found.items()}, known, "blurred", 20, 500, side, 0.92, 0.02
        ),
        agreement=alike,
        consensus=consensus(maps.values()),
        composite=composite,
        uncertain=None if composite else Sentence.of("comparison.uncertain_maps"),
        runtime="LiteRT",
        seconds=7.2,
        done=done,
    )


def growing(
    gate: Callable[[str], None] = lambda name: None, empty: tuple[str, ...] = ()
) -> Callable[..., Iterator[Comparison]]:
    """What stands for `compare`: waits at `gate(name)` before each map, and yields one map more."""

    def compare(
        diagnosis, methods, target=None, *, preset, layer, progress, cancelled
    ) -> Iterator[Comparison]:
        whole = comparison(diagnosis, methods, target, preset, empty)
        whole = replace(whole, question=replace(whole.question, layer=layer))
        for i, name in enumerate(methods):
            progress(Progress("map", name, 0, 196, i / len(methods)))
            gate(name)
            if cancelled():
                raise Cancelled
            found = {other: whole.findings[other] for other in methods[: i + 1]}
            yield replace(
                whole,
                findings=found,
                controls={},
                faithfulness=None,
                agreement=None,
                composite=None,
                done=False,
            )
        yield whole

    return compare


def forgetting(diagnosis: Diagnosis, method: str, *, progress=None, cancelled=None) -> Iterator[Forgetting]:
    """What stands for `cascade`: the map fades into another one, stage by stage."""
    side = diagnosis.prepared.pixels.shape[0]
    trained, other = explanation(method, side), spot("integrated_gradients", side)
    stages: list[Stage] = []
    for stage in range(7):
        heat = (1 - stage / 6) * trained.heat + stage / 6 * other
        stages.append(Stage(stage, replace(trained, heat=heat.astype(np.float32)), 0.9))
        told = sanity([one.explanation.heat for one in stages], diagnosis.prepared.pixels) if stage else None
        whole = tuple(
            replace(one, trained=told.trained[i], edges=told.edges[i]) if told else one
            for i, one in enumerate(stages)
        )
        yield Forgetting(method, 1, 7, whole, told, 1.0)


def pair(first: Diagnosis, second: Diagnosis, method: str) -> Pair:
    """Two answers to one image, each with its map."""
    both = [explanation(name, 96) for name in (method, "rise")]
    maps = {"first": both[0].heat, "second": both[1].heat}
    label = first.card.labels[1]
    return Pair(method, label, (first, second), tuple(both), (0.0, 0.0, 1.0, 1.0), maps, agreement(maps))
