"""What a card needs beside the weights, all of it fitted on validation data: nothing here sees the test part."""

from __future__ import annotations

import numpy as np

from util.modelstore.card import Calibration, Conformal, GreyZone
from util.prediction.arithmetic import calibrated

_LOG_TEMPERATURE = float(np.log(1000))  # the most that a temperature is raised or lowered
_ALONG = 64  # principal axes kept for the familiarity distance


def equal_weights(target: np.ndarray) -> np.ndarray:
    """Weights (N,) of mean 1 that give every class of `target` (N,) the same mass."""
    _, inverse, counts = np.unique(target, return_inverse=True, return_counts=True)
    return (len(target) / (len(counts) * counts))[inverse]


def fit_calibration(
    scores: np.ndarray,
    target: np.ndarray,
    activation: str,
    bias: np.ndarray | None,
    fitted_on: str,
    weights: np.ndarray | None = None,
) -> Calibration:
    """Temperature (and, where `bias` is None, a bias for each unit) of least negative log-likelihood.

    `scores` (N, units), `target` (N,) class indices; a given `bias` (units,) is kept. Guo et al. 2017; with a fitted
    bias Platt 1999.
    """
    from scipy.optimize import minimize

    units = scores.shape[1]

    def loss(parameters: np.ndarray) -> float:
        shift = parameters[1:] if bias is None else bias
        chances = calibrated(
            scores, Calibration(float(np.exp(parameters[0])), tuple(shift), "", 0), activation
        )
        right = np.clip(chances[np.arange(len(target)), target], 1e-12, 1)
        return float(-np.average(np.log(right), weights=weights))

    start = np.zeros(1 + (units if bias is None else 0))
    # Scores that separate the classes want a temperature of 0, which nothing can be divided by.
    bounds = [(-_LOG_TEMPERATURE, _LOG_TEMPERATURE)] + [(None, None)] * (len(start) - 1)
    best = minimize(
        loss,
        start,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-13, "gtol": 1e-7, "maxfun": 100_000},
    ).x
    shift = best[1:] if bias is None else bias
    temperature = round(float(np.exp(best[0])), 5)
    return Calibration(temperature, tuple(round(float(b), 5) for b in shift), fitted_on, len(target))


def threshold_at_sensitivity(danger: np.ndarray, sick: np.ndarray, sensitivity: float) -> float:
    """The highest threshold on `danger` (N,) that still finds the share `sensitivity` of `sick` (N,) bool."""
    sorted_sick = np.sort(danger[sick])
    index = int(np.floor((1 - sensitivity) * len(sorted_sick) + 1e-9))
    return round(float(sorted_sick[index]) - 5e-6, 5)


def threshold_balanced(danger: np.ndarray, sick: np.ndarray) -> float:
    """The threshold on `danger` (N,) of best balanced accuracy; the middle of the best ones where several tie.

    The curve is smoothed over its neighbours first, so that one image does not place the threshold.
    """
    grid = np.quantile(danger, np.linspace(0.01, 0.99, 197))
    value = np.array([((danger >= t)[sick].mean() + (danger < t)[~sick].mean()) / 2 for t in grid])
    smooth = np.convolve(np.pad(value, 5, mode="edge"), np.ones(11) / 11, mode="valid")
    best = np.flatnonzero(smooth >= smooth.max() - 1e-9)
    return round(float(np.median(grid[best])), 5)


def fit_prior_strength(scores: np.ndarray, target: np.ndarray, prior: np.ndarray) -> float:
    """The t in [-1.2, 0.6] of best balanced accuracy where `scores` (N, C) + t log(`prior` (C,)) decide.

    A network that knows its training images by heart has adjusted too little for rare classes: t is then negative.
    The curve is smoothed over its neighbours, so that a few images do not place it. Menon et al. 2021, section 4.
    """
    grid = np.round(np.arange(-1.2, 0.61, 0.05), 2)
    shift = np.log(prior)
    value = []
    for strength in grid:
        said = (scores + strength * shift).argmax(axis=1)
        value.append(np.mean([(said[target == k] == k).mean() for k in np.unique(target)]))
    smooth = np.convolve(np.pad(value, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return float(grid[int(smooth.argmax())])


def fit_recall_offset(scores: np.ndarray, target: np.ndarray, label: int, floor: float) -> float:
    """The least offset of class `label`, in [0, 3], with which the largest of `scores` finds `floor` of its images.

    `scores` (N, C) as they decide without it; the next best class costs recall, so no more is given than is asked.
    """
    own = target == label
    others = np.delete(scores[own], label, axis=1).max(axis=1)
    missing = np.sort(others - scores[own, label])
    needed = missing[min(len(missing), int(np.ceil(floor * len(missing)))) - 1]
    return float(np.clip(np.ceil(needed * 1e4 + 1) / 1e4, 0, 3))


def frequencies(
    danger: np.ndarray, sick: np.ndarray, at: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Observed share of `sick` (N,) among the images whose `danger` is nearest to each of `at` (G,), rising.

    A window of a twentieth of the images, at least 40; one half of a positive and of a negative are added (Jeffreys),
    so that no window claims certainty; made monotone by pooling adjacent violators.
    """
    from sklearn.isotonic import IsotonicRegression

    width = min(len(danger), max(40, len(danger) // 20))
    order = np.argsort(danger, kind="stable")
    mass = np.ones(len(danger)) if weights is None else weights
    ordered, positive = danger[order], np.concatenate([[0], np.cumsum((sick * mass)[order])])
    everyone = np.concatenate([[0], np.cumsum(mass[order])])
    middle = np.searchsorted(ordered, at)
    start = np.clip(middle - width // 2, 0, len(danger) - width)
    inside = everyone[start + width] - everyone[start]
    share = (positive[start + width] - positive[start] + 0.5) / (inside + 1)
    return np.clip(IsotonicRegression().fit_transform(at, share), 0, 1)


def fit_grey_zone(
    danger: np.ndarray,
    sick: np.ndarray,
    target_error: float,
    threshold: float | None,
    fitted_on: str,
    weights: np.ndarray | None = None,
) -> GreyZone:
    """The zone of `danger` in which either answer was wrong more often than `target_error`.

    `danger` (N,) in [0, 1], `sick` (N,) bool. It holds the decision `threshold`: an answer that the
    decision contradicts is no answer.
    """
    at = np.unique(np.concatenate([np.linspace(0, 1, 401), np.quantile(danger, np.linspace(0, 1, 201))]))
    share = frequencies(danger, sick, at, weights)
    unsure = at[(share > target_error) & (share < 1 - target_error)]
    edges = list(unsure) + ([] if threshold is None else [threshold])
    low, high = (min(edges), max(edges)) if edges else (0.5, 0.5)
    return GreyZone(round(float(low), 4), round(float(high), 4), target_error, fitted_on, len(danger))


def fit_conformal(chances: np.ndarray, target: np.ndarray, alpha: float, fitted_on: str) -> Conformal:
    """Least probability of each class such that at most `alpha` of its own images fall below. Vovk 2012 (Mondrian)."""
    minimum = []
    for k in range(chances.shape[1]):
        own = np.sort(chances[target == k, k])
        index = int(np.floor(alpha * (len(own) + 1)))
        # Too few images to promise anything: the class is always kept.
        minimum.append(np.floor(own[index - 1] * 1e6) / 1e6 if index >= 1 else 0.0)
    return Conformal(alpha, tuple(float(value) for value in minimum), fitted_on, len(target))


def feature_statistics(pooled: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, main axes, spread along them and residual length of training features (N, F); see `card.Arrays`."""
    mean = pooled.mean(axis=0)
    centred = pooled - mean
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    # Ten images an axis, and one axis however few they are: a distance over none is no number.
    count = min(_ALONG, max(1, len(pooled) // 10), pooled.shape[1] - 1)
    axes = axes[:count].T
    residual = np.linalg.norm(centred - (centred @ axes) @ axes.T, axis=1)
    return {
        "feature_mean": mean.astype(np.float32),
        "feature_axes": axes.astype(np.float16),
        "feature_spread": (values[:count] / np.sqrt(len(pooled))).astype(np.float32),
        "feature_residual": np.array([np.sqrt(np.mean(residual**2))], np.float32),
    }


def reliability(
    danger: np.ndarray, sick: np.ndarray, group: np.ndarray, draws: int = 500, seed: int = 0
) -> dict[str, np.ndarray]:
    """Observed frequency at 101 probabilities with 95 % bootstrap intervals by group; see `card.Arrays`."""
    at = np.linspace(0, 1, 101)
    rng = np.random.default_rng(seed)
    names, inverse = np.unique(group, return_inverse=True)
    members = [np.flatnonzero(inverse == i) for i in range(len(names))]
    curves = []
    for _ in range(draws):
        picked = np.concatenate([members[i] for i in rng.integers(0, len(names), len(names))])
        curves.append(frequencies(danger[picked], sick[picked], at))
    low, high = np.percentile(curves, [2.5, 97.5], axis=0)
    value = frequencies(danger, sick, at)
    return {
        "probability": at,
        "frequency": value,
        "frequency_low": np.minimum(low, value),
        "frequency_high": np.maximum(high, value),
    }
