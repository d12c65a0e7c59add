"""Figures of a part of a data set, each with a bootstrap interval by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from util.modelstore.card import Card, Figure
from util.prediction.arithmetic import danger_probability, decide, prediction_sets, probabilities

BINS = 15


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """ECE of `confidence` (N,) in [0, 1] against `right` (N,) bool, over `bins` of equal width. Guo et al. 2017."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    gap = np.abs(
        np.bincount(index, weights=confidence, minlength=bins)
        - np.bincount(index, weights=right.astype(float), minlength=bins)
    )
    return float(gap[count > 0].sum() / len(confidence))


def brier(chances: np.ndarray, target: np.ndarray) -> float:
    """Mean squared distance of probabilities (N, C) from the one-hot target (N,), in [0, 2]. Brier 1950."""
    return float(np.mean(np.sum((chances - np.eye(chances.shape[1])[target]) ** 2, axis=1)))


def area_under_roc(score: np.ndarray, positive: np.ndarray) -> float:
    """AUC of `score` (N,) for `positive` (N,) bool, ties counted half (Mann & Whitney 1947); NaN without both kinds."""
    from scipy.stats import rankdata

    n = int(positive.sum())
    if n in (0, len(positive)):
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def figures(scores: np.ndarray, target: np.ndarray, card: Card) -> dict[str, float]:
    """All figures of scores (N, units) against the target (N,), by the card's own calibration and decision."""
    chances = probabilities(scores, card)
    decided = decide(scores, card)
    danger = danger_probability(chances, card)
    sick = np.isin(target, [card.labels.index(label) for label in card.danger])
    if len(card.labels) == 2:
        found = _two_classes(danger, sick, decided == card.labels.index(card.danger[0]))
    else:
        found = _many_classes(chances, decided, target, card)
        found |= {"danger_auc": area_under_roc(danger, sick)}
    confidence = danger if len(card.labels) == 2 else chances.max(axis=1)
    right = sick if len(card.labels) == 2 else chances.argmax(axis=1) == target
    found |= {"ece": expected_calibration_error(confidence, right), "brier": brier(chances, target)}
    if card.grey_zone:
        outside = (danger < card.grey_zone.low) | (danger > card.grey_zone.high)
        found["grey_share"] = float(1 - outside.mean())
        if outside.any():
            found["error_outside_grey"] = float(
                ((danger > card.grey_zone.high)[outside] != sick[outside]).mean()
            )
    if card.conformal:
        kept = prediction_sets(chances, card.conformal)
        found["coverage"] = float(kept[np.arange(len(target)), target].mean())
        found["set_size"] = float(kept.sum(axis=1).mean())
    return found


def _two_classes(score: np.ndarray, sick: np.ndarray, said: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import average_precision_score

    sensitivity, specificity = _share(said[sick]), _share(~said[~sick])
    precision = _share(sick[said])
    return {
        "auc": area_under_roc(score, sick),
        "pr_auc": float(average_precision_score(sick, score)) if sick.any() else float("nan"),
        "accuracy": float((said == sick).mean()),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "precision": precision,
        "f1": 2 * precision * sensitivity / max(precision + sensitivity, 1e-12),
    }


def _many_classes(
    chances: np.ndarray, decided: np.ndarray, target: np.ndarray, card: Card
) -> dict[str, float]:
    recalls, areas, f1s = {}, {}, []
    for k, label in enumerate(card.labels):
        mine, said = target == k, decided == k
        recalls[f"recall_{label}"] = _share(said[mine])
        areas[f"auc_{label}"] = area_under_roc(chances[:, k], mine)
        f1s.append(2 * (mine & said).sum() / max(mine.sum() + said.sum(), 1))
    return {
        "balanced_accuracy": float(np.mean(list(recalls.values()))),
        "macro_auc": float(np.mean(list(areas.values()))),
        "accuracy": float((decided == target).mean()),
        "macro_f1": float(np.mean(f1s)),
        **recalls,
        **areas,
    }


def _share(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def with_intervals(
    measure: Callable[[np.ndarray], Mapping[str, float]],
    group: np.ndarray,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Figure]:
    """`measure(indices)` on all rows, with 95 % percentile intervals from `draws` bootstraps of whole groups.

    `group` (N,) names the patient, lesion or slide of each row. Efron 1979; groups because images of one patient
    are not independent.
    """
    rng = np.random.default_rng(seed)
    names, inverse = np.unique(group, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(len(names) + 1))
    members = [order[a:b] for a, b in zip(starts[:-1], starts[1:], strict=True)]
    value = measure(np.arange(len(group)))
    drawn: dict[str, list[float]] = {name: [] for name in value}
    for _ in range(draws):
        picked = np.concatenate([members[i] for i in rng.integers(0, len(names), len(names))])
        for name, figure in measure(picked).items():
            drawn[name].append(figure)
    return {
        name: Figure(
            round(float(value[name]), 4),
            *(round(float(q), 4) for q in np.nanpercentile(drawn[name], [2.5, 97.5])),
        )
        for name in value
    }
