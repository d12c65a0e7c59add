"""Which images an epoch sees, in what order, and the class prior that this makes."""

from __future__ import annotations

import numpy as np

from util.training.dataset import Dataset


def strata(dataset: Dataset, share: str) -> np.ndarray:
    """The stratum (N,) of each image, text: its class; for `share` "group" its slide, patient or lesion, and class."""
    label = dataset.target.astype(str)
    return label if share == "class" else np.char.add(np.char.add(dataset.group.astype(str), "/"), label)


def stratum_weights(stratum: np.ndarray, target: np.ndarray, power: float) -> np.ndarray:
    """Sampling probability of each image, (N,), summing to one: class mass ~ (class count)^(1 - power).

    `stratum` (N,) text. power 0 keeps the natural mix, 1 gives every class the same mass; within a class every
    stratum has a mass ~ sqrt(count), so that a large slide does not drown the others.
    """
    weights = np.zeros(len(target))
    for label in np.unique(target):
        members = target == label
        names, inverse, counts = np.unique(stratum[members], return_inverse=True, return_counts=True)
        mass = np.sqrt(counts) / np.sqrt(counts).sum() if len(names) > 1 else np.ones(1)
        weights[members] = (mass / counts)[inverse] * members.sum() ** (1 - power)
    return weights / weights.sum()


def sampled_prior(weights: np.ndarray, target: np.ndarray, classes: int) -> np.ndarray:
    """The share of each class, (C,), among images drawn with `weights`."""
    return np.bincount(target, weights=weights, minlength=classes)


def epoch_order(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` image indices drawn by `weights` with low variance (systematic sampling), shuffled."""
    points = (rng.random() + np.arange(count)) / count
    # Shuffled first: otherwise the points walk through neighbours of one group.
    order = rng.permutation(len(weights))
    edges = np.cumsum(weights[order])
    drawn = order[np.minimum(np.searchsorted(edges, points), len(order) - 1)]
    return rng.permutation(drawn)
