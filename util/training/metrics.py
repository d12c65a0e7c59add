"""Figures of a part of a data set, each with a bootstrap interval by group.

Every figure is a function of weights, one for each image: all ones give the figure itself, the counts of a bootstrap
draw give that of the draw. So a thousand draws are a few matrix products, and not a thousand loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from util.modelstore.card import Card, Figure
from util.prediction.arithmetic import (
    danger_probability,
    decide,
    prediction_sets,
    probabilities,
    raw_probabilities,
)

BINS = 15
Weighted = Callable[[np.ndarray], dict[str, np.ndarray]]
_AT_ONCE = 500  # draws in one product: about ten megabytes for a test part


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """ECE of `confidence` (N,) in [0, 1] against `right` (N,) bool, over `bins` of equal width. Guo et al. 2017."""
    return float(_calibration_errors(confidence, right, bins)(np.ones((1, len(right))))[0][0])


def maximum_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """MCE: the largest gap of any bin that holds an image, so that one image may be all of it. Guo et al. 2017."""
    return float(_calibration_errors(confidence, right, bins)(np.ones((1, len(right))))[1][0])


def brier(chances: np.ndarray, target: np.ndarray) -> float:
    """Mean squared distance of probabilities (N, C) from the one-hot target (N,), in [0, 2]. Brier 1950."""
    return float(np.mean(_squares(chances, target)))


def area_under_roc(score: np.ndarray, positive: np.ndarray) -> float:
    """AUC of `score` (N,) for `positive` (N,) bool, ties counted half (Mann & Whitney 1947); NaN without both kinds."""
    return float(_areas(score, positive)(np.ones((1, len(score))))[0][0])


def average_precision(score: np.ndarray, positive: np.ndarray) -> float:
    """Area under the precision-recall curve by steps, ties taken together (Davis & Goadrich 2006); NaN without both."""
    return float(_areas(score, positive)(np.ones((1, len(score))))[1][0])


def figures(scores: np.ndarray, target: np.ndarray, card: Card) -> dict[str, float]:
    """All figures of scores (N, units) against the target (N,), by the card's own calibration and decision."""
    found = weighted_figures(scores, target, card)(np.ones((1, len(target))))
    return {name: float(value[0]) for name, value in found.items()}


def weighted_figures(
    scores: np.ndarray, target: np.ndarray, card: Card, classes: np.ndarray | None = None
) -> Weighted:
    """The figures of scores (N, units) as a function of weights (D, N): name to (D,), NaN where nothing is counted.

    Macro figures average over `classes` (indices; default those that occur): a subgroup may lack some. `ece_before`
    is that of the file's own activation, without calibration.
    """
    chances, decided = probabilities(scores, card), decide(scores, card)
    danger = danger_probability(chances, card)
    sick = np.isin(target, [card.labels.index(label) for label in card.danger])
    raw = raw_probabilities(scores, card.activation)
    two = len(card.labels) == 2
    classed = (
        _two_classes(danger, sick, decided == card.labels.index(card.danger[0]))
        if two
        else _many_classes(chances, decided, target, card, classes)
    )
    danger_area = _areas(danger, sick)
    confidence, right = (danger, sick) if two else (chances.max(axis=1), chances.argmax(axis=1) == target)
    before, right_before = (
        (danger_probability(raw, card), sick) if two else (raw.max(axis=1), raw.argmax(axis=1) == target)
    )
    errors = _calibration_errors(confidence, right)
    errors_before = _calibration_errors(before, right_before)
    squares = _squares(chances, target)
    zone, kept = card.grey_zone, None
    outside = None if zone is None else (danger < zone.low) | (danger > zone.high)
    wrong = None if zone is None else outside & ((danger > zone.high) != sick)
    if card.conformal:
        kept = prediction_sets(chances, card.conformal)

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        everyone = weights.sum(axis=1)
        found = classed(weights)
        if not two:
            found["danger_auc"] = danger_area(weights)[0]
        found["ece"], found["mce"] = errors(weights)
        found["ece_before"] = errors_before(weights)[0]
        found["brier"] = weights @ squares / everyone
        if outside is not None:
            found["grey_share"] = 1 - weights @ outside / everyone
            if outside.any():
                found["error_outside_grey"] = _ratio(weights @ wrong, weights @ outside)
        if kept is not None:
            found["coverage"] = weights @ kept[np.arange(len(target)), target] / everyone
            found["set_size"] = weights @ kept.sum(axis=1) / everyone
        return found

    return measure


def class_figures(chances: np.ndarray, decided: np.ndarray, target: np.ndarray, card: Card) -> Weighted:
    """Each class against the rest as a function of weights (D, N): `<label>/<figure>` to (D,).

    `chances` (N, C), `decided` and `target` (N,): precision, recall, specificity, f1, auc and pr_auc.
    """
    table = _confusions(decided, target, len(card.labels))
    areas = [_areas(chances[:, k], target == k) for k in range(len(card.labels))]

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts, found = table(weights), {}
        everyone = counts.sum(axis=(1, 2))
        for k, label in enumerate(card.labels):
            hit, own, said = counts[:, k, k], counts[:, k].sum(axis=1), counts[:, :, k].sum(axis=1)
            area, precise = areas[k](weights)
            found |= {
                f"{label}/precision": _ratio(hit, said),
                f"{label}/recall": _ratio(hit, own),
                f"{label}/specificity": _ratio(everyone - own - said + hit, everyone - own),
                f"{label}/f1": _ratio(2 * hit, own + said),
                f"{label}/auc": area,
                f"{label}/pr_auc": precise,
            }
        return found

    return measure


def plain_figures(chances: np.ndarray, target: np.ndarray) -> Weighted:
    """AUC (macro, one against the rest) and balanced accuracy of the largest of chances (N, C), without a card."""
    classes = chances.shape[1]
    table = _confusions(chances.argmax(axis=1), target, classes)
    areas = [_areas(chances[:, k], target == k) for k in (range(classes) if classes > 2 else (1,))]

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts = table(weights)
        recalls = [_ratio(counts[:, k, k], counts[:, k].sum(axis=1)) for k in range(classes)]
        return {
            "auc": np.mean([area(weights)[0] for area in areas], axis=0),
            "balanced_accuracy": np.mean(recalls, axis=0),
        }

    return measure


def _two_classes(score: np.ndarray, sick: np.ndarray, said: np.ndarray) -> Weighted:
    areas, table = _areas(score, sick), _confusions(said.astype(int), sick.astype(int), 2)

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        area, precise = areas(weights)
        counts = table(weights)
        hit, healthy = counts[:, 1, 1], counts[:, 0, 0]
        own, called = counts[:, 1].sum(axis=1), counts[:, :, 1].sum(axis=1)
        sensitivity = _ratio(hit, own)
        specificity = _ratio(healthy, counts[:, 0].sum(axis=1))
        return {
            "auc": area,
            "pr_auc": precise,
            "accuracy": (hit + healthy) / counts.sum(axis=(1, 2)),
            "balanced_accuracy": (sensitivity + specificity) / 2,
            "sensitivity": sensitivity,
            "specificity": specificity,
            "precision": _ratio(hit, called),
            "f1": _ratio(2 * hit, own + called),
        }

    return measure


def _many_classes(
    chances: np.ndarray, decided: np.ndarray, target: np.ndarray, card: Card, classes: np.ndarray | None
) -> Weighted:
    each, table = (
        class_figures(chances, decided, target, card),
        _confusions(decided, target, len(card.labels)),
    )
    chosen = [card.labels[k] for k in (np.unique(target) if classes is None else classes)]

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        found, counts = each(weights), table(weights)

        def mean(name: str, missing: float = np.nan) -> np.ndarray:
            values = [found[f"{label}/{name}"] for label in chosen]
            return np.mean([np.where(np.isnan(value), missing, value) for value in values], axis=0)

        return {
            "balanced_accuracy": mean("recall"),
            "macro_auc": mean("auc"),
            "macro_pr_auc": mean("pr_auc"),
            "accuracy": np.trace(counts, axis1=1, axis2=2) / counts.sum(axis=(1, 2)),
            "macro_f1": mean("f1", 0.0),
            **{f"{name}_{label}": found[f"{label}/{name}"] for name in ("recall", "auc") for label in chosen},
        }

    return measure


def _confusions(said: np.ndarray, target: np.ndarray, classes: int) -> Callable[[np.ndarray], np.ndarray]:
    """Weights (D, N) to confusion matrices (D, C, C), rows the truth, columns what was said."""
    cells = np.eye(classes * classes)[target * classes + said]
    return lambda weights: (weights @ cells).reshape(-1, classes, classes)


def _calibration_errors(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Weights (D, N) to ECE and MCE (D,) of each draw."""
    member = np.eye(bins)[np.minimum((confidence * bins).astype(int), bins - 1)]
    apart = member * (confidence - right)[:, None]

    def measure(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count, gap = weights @ member, np.abs(weights @ apart)
        largest = np.where(count > 0, gap / np.maximum(count, 1e-12), 0).max(axis=1)
        return gap.sum(axis=1) / weights.sum(axis=1), largest

    return measure


def _areas(score: np.ndarray, positive: np.ndarray) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Weights (D, N) to the areas (D,) under ROC and precision-recall curve; sorted once for all draws."""
    order = np.argsort(-score, kind="stable")
    ordered, mine = score[order], positive[order].astype(float)
    # Equal scores are one point of the curve: the end of each run of them.
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(score) else []
    ties = len(starts) < len(score)

    def measure(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sorted_weights = weights[:, order]
        hits = sorted_weights * mine
        others = sorted_weights - hits
        if ties:
            hits, others = np.add.reduceat(hits, starts, axis=1), np.add.reduceat(others, starts, axis=1)
        above, false = hits.cumsum(axis=1), others.cumsum(axis=1)
        sick, healthy = above[:, -1], false[:, -1]
        area = _ratio((others * (above - hits / 2)).sum(axis=1), sick * healthy)
        precise = _ratio((hits * above / np.maximum(above + false, 1e-12)).sum(axis=1), sick)
        return area, np.where(healthy > 0, precise, np.nan)

    return measure


def _squares(chances: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.sum((chances - np.eye(chances.shape[1])[target]) ** 2, axis=1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part / whole`, NaN where nothing is counted."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def with_intervals(
    measure: Callable[[np.ndarray], Mapping[str, float]],
    group: np.ndarray,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Figure]:
    """`measure(indices)` on all rows, with 95 % percentile intervals from `draws` bootstraps of whole groups.

    `group` (N,) names the patient, lesion or slide of each row. Efron 1979; groups because images of one patient
    are not independent. For figures of weights, `weighted_intervals` does the same a hundred times faster.
    """
    drawn = [measure(np.repeat(np.arange(len(group)), row)) for row in _counts(group, draws, seed)]
    return _with_edges(
        measure(np.arange(len(group))), {n: [d[n] for d in drawn] for n in drawn[0]} if drawn else {}
    )


def weighted_intervals(
    measure: Weighted,
    group: np.ndarray,
    draws: int = 1000,
    seed: int = 0,
    weights: np.ndarray | None = None,
) -> dict[str, Figure]:
    """`measure` of ones, with 95 % percentile intervals from `draws` bootstraps of whole groups (N,).

    `weights` (N,) stand for the ones where images were drawn more often than they occur. Draws in which a figure has
    nothing to count are left out of its interval.
    """
    own = np.ones(len(group)) if weights is None else weights
    value = {name: float(found[0]) for name, found in measure(own[None]).items()}
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in value}
    for block in _blocks(_counts(group, draws, seed)):
        for name, found in measure(block * own).items():
            drawn[name].append(found)
    return _with_edges(value, {name: np.concatenate(parts) for name, parts in drawn.items() if parts})


def _counts(group: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each row (N,) is in each of `draws` draws of whole groups."""
    rng = np.random.default_rng(seed)
    names, inverse = np.unique(group, return_inverse=True)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[inverse]


def _blocks(counts: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    block = []
    for row in counts:
        block.append(row)
        if len(block) == _AT_ONCE:
            yield np.asarray(block, float)
            block = []
    if block:
        yield np.asarray(block, float)


def _with_edges(value: Mapping[str, float], drawn: Mapping[str, object]) -> dict[str, Figure]:
    found = {}
    for name, number in value.items():
        many = np.asarray(drawn.get(name, ()), float)
        many = many[np.isfinite(many)]
        edges = (round(float(q), 4) for q in np.percentile(many, [2.5, 97.5])) if len(many) else ()
        found[name] = Figure(round(float(number), 4), *edges)
    return found
