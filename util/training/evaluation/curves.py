"""The points of the curves of a report: ROC, precision against recall, reliability."""

from __future__ import annotations

import numpy as np

from util.modelstore.card import Card
from util.prediction.arithmetic import danger_probability, probabilities, raw_probabilities
from util.training.metrics import BINS, expected_calibration_error, maximum_calibration_error

_POINTS = 200


def roc(score: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rates of `score` (N,) for `positive` (N,) bool, from (0, 0) to (1, 1), thinned."""
    hits, false = _cumulative(score, positive)
    return _thinned(false / max(false[-1], 1), hits / max(hits[-1], 1))


def precision_recall(score: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision of `score` (N,) for `positive` (N,) bool, by falling threshold, thinned."""
    hits, false = _cumulative(score, positive)
    return _thinned(hits[1:] / max(hits[-1], 1), hits[1:] / np.maximum(hits[1:] + false[1:], 1))


def _cumulative(score: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    hits, false = np.cumsum(positive[order])[ends], np.cumsum(~positive[order])[ends]
    return np.concatenate([[0], hits]), np.concatenate([[0], false])


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(x) <= _POINTS:
        return x, y
    # Evenly along the curve, both ends kept: a steep start must not lose its corner.
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    chosen = np.unique(np.searchsorted(along, np.linspace(0, along[-1], _POINTS)).clip(0, len(x) - 1))
    return x[chosen], y[chosen]


def calibration(card: Card, scores: np.ndarray, target: np.ndarray, bins: int = BINS) -> dict[str, object]:
    """Reliability before and after calibration: {"before" and "after": {"ece", "mce", "bins"}}, bins with images only.

    Each bin is [mean confidence, observed share, n]. Two classes: the probability of the dangerous one; more: the
    largest probability against how often it is right. "before" is the file's own activation.
    """
    found: dict[str, object] = {}
    for name, chances in (
        ("before", raw_probabilities(scores, card.activation)),
        ("after", probabilities(scores, card)),
    ):
        if len(card.labels) == 2:
            confidence = danger_probability(chances, card)
            right = np.isin(target, [card.labels.index(label) for label in card.danger])
        else:
            confidence, right = chances.max(axis=1), chances.argmax(axis=1) == target
        index = np.minimum((confidence * bins).astype(int), bins - 1)
        found[name] = {
            "ece": round(expected_calibration_error(confidence, right, bins), 4),
            "mce": round(maximum_calibration_error(confidence, right, bins), 4),
            "bins": [
                [
                    round(float(confidence[index == k].mean()), 4),
                    round(float(right[index == k].mean()), 4),
                    int((index == k).sum()),
                ]
                for k in range(bins)
                if (index == k).any()
            ],
        }
    return found
