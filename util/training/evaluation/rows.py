"""The plain rows that every part of an evaluation gives: names to numbers, and figures as [value, low, high]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from util.modelstore.card import Card, Figure
from util.training.metrics import Weighted, weighted_figures, weighted_intervals


def listed(figure: Figure) -> list[float]:
    """A figure as [value, low, high], or [value] without an interval, rounded to four digits."""
    edges = () if figure.low is None or figure.high is None else (figure.low, figure.high)
    # Adding zero takes the sign from minus zero.
    return [round(float(number), 4) + 0.0 for number in (figure.value, *edges)]


def all_listed(figures: Mapping[str, Figure]) -> dict[str, list[float]]:
    """`listed` for every figure that is a number."""
    return {name: listed(figure) for name, figure in figures.items() if np.isfinite(figure.value)}


def telling(card: Card) -> tuple[str, ...]:
    """The few figures by which parts of a data set are compared, the ones that a card is judged by first."""
    if len(card.labels) == 2:
        return ("auc", "balanced_accuracy", "sensitivity", "specificity", "ece")
    return ("balanced_accuracy", "macro_auc", f"recall_{card.danger[0]}", "danger_auc", "ece")


def only(measure: Weighted, names: Iterable[str]) -> Weighted:
    """Those figures of `measure` that are among `names`, in their order."""
    wanted = tuple(names)

    def some(weights: np.ndarray) -> dict[str, np.ndarray]:
        found = measure(weights)
        return {name: found[name] for name in wanted if name in found}

    return some


def difference(measure: Weighted, from_: Weighted, names: Iterable[str]) -> Weighted:
    """How much larger each of `names` is in `measure` than in `from_`, image for image."""
    wanted = tuple(names)

    def apart(weights: np.ndarray) -> dict[str, np.ndarray]:
        here, there = measure(weights), from_(weights)
        return {name: here[name] - there[name] for name in wanted if name in here and name in there}

    return apart


def compared(
    scores: Mapping[str, np.ndarray],
    clean: np.ndarray,
    target: np.ndarray,
    group: np.ndarray,
    card: Card,
    *,
    draws: int,
    weights: np.ndarray | None = None,
) -> dict[str, dict[str, object]]:
    """The telling figures of each of `scores` (N, units), and their change against `clean` ones with its interval.

    The same images are drawn on both sides, so that the interval is that of the change. `weights` (N,) as in
    `weighted_intervals`.
    """
    names = telling(card)
    whole = weighted_figures(clean, target, card)
    own = np.ones(len(target)) if weights is None else weights
    found = {}
    for name, changed in scores.items():
        measure = weighted_figures(changed, target, card)
        value = only(measure, names)(own[None])
        change = weighted_intervals(difference(measure, whole, names[:2]), group, draws, weights=weights)
        found[name] = {
            **{key: round(float(v[0]), 4) for key, v in value.items() if np.isfinite(v[0])},
            "change": all_listed(change),
        }
    return found
