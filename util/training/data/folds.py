"""Folds fixed once: grouped, so that no group lies in two, and stratified, so that each has every class."""

from __future__ import annotations

import numpy as np

from util.training.data_root import DataError

FOLDS = 5
_LEAST_SHARE = 0.05  # of the images outside the test part: a smaller validation part chooses by chance


def assign_folds(group: np.ndarray, target: np.ndarray, *, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """The fold of each image, (N,) int in [0, `folds`): each group whole, each class spread as evenly as it goes.

    `group` (N,) text, `target` (N,) class indices. Greedy, largest groups first, each to the fold where the shares of
    the classes then differ least, as in scikit-learn's StratifiedGroupKFold; unlike there, ties go to the lowest fold,
    so that a class of three groups has one in each of the folds 0, 1 and 2. The same input gives the same folds, in
    whatever order its rows come.
    """
    names, member = np.unique(np.asarray(group, str), return_inverse=True)
    classes = int(target.max()) + 1
    counts = np.zeros((len(names), classes))
    np.add.at(counts, (member, target), 1)
    share = counts / np.maximum(counts.sum(0), 1)
    # Shuffled by the seed first, so that folds do not follow the order of the names.
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-share[order].max(1), kind="stable")]
    held, chosen = np.zeros((folds, classes)), np.zeros(len(names), int)
    for index in order:
        # sum((held + e)^2) grows by 2 held.e + e.e: the fold with the least of what this group brings.
        chosen[index] = int(np.argmin(np.round(held @ share[index], 12)))
        held[chosen[index]] += share[index]
    return chosen[member]


def folds_within(
    part: np.ndarray, group: np.ndarray, target: np.ndarray, labels: tuple[str, ...], test: int
) -> np.ndarray:
    """Folds (N,) of data that may come divided: `part` (N,) "test", "validation", "train" or "" for none.

    `test` is the number of the test fold; the fold after it is the default validation fold. A given test part is the
    test fold and the rest five more; without one all images are divided into five. A given validation part is kept
    where it can choose anything: every class, a twentieth of the images, no group of the training part.
    Raises DataError for a class with too few groups for every part.
    """
    given, held = part == "test", part == "validation"
    fold = np.full(len(part), test)
    keep = held.any() and held.sum() >= _LEAST_SHARE * (~given).sum()
    keep = keep and len(np.unique(target[held])) == len(labels)
    keep = keep and not set(group[held].tolist()) & set(group[~held & ~given].tolist())
    free = ~given & ~held if keep else ~given
    drawn = assign_folds(group[free], target[free], folds=FOLDS - keep) if free.any() else 0
    # Without a given test part the first of the drawn folds is it.
    fold[free] = test + drawn + given.any()
    if keep:
        # The validation part has its own fold: the drawn ones leave its number free.
        fold[free] += fold[free] > test
        fold[held] = test + 1
    _check_every_part(fold, group, target, labels, test)
    return fold


def _check_every_part(
    fold: np.ndarray, group: np.ndarray, target: np.ndarray, labels: tuple[str, ...], test: int
) -> None:
    """Raise DataError for the first class that the test, the default validation or the training part would lack."""
    for index, label in enumerate(labels):
        mine = target == index
        there = fold[mine]
        if not ((there == test).any() and (there == test + 1).any() and (there > test + 1).any()):
            raise DataError("training.few_groups", label=label, received=len(np.unique(group[mine])))
