"""The learning rate's course, and when to stop: functions of where a run stands, so that nothing more must be kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WARM_UP = 0.05
PLATEAU_EPOCHS = 2
PLATEAU_FACTOR = 0.5
# An AUC that rises by less has not risen.
LEAST = 1e-4


def cosine(step: int, steps: int, peak: float, warm_up: float = WARM_UP) -> float:
    """Linear warm-up over the share `warm_up` of all steps, then half a cosine to zero. Loshchilov & Hutter 2017."""
    first = max(1, int(steps * warm_up))
    if step < first:
        return peak * (step + 1) / first
    return peak * 0.5 * (1 + np.cos(np.pi * (step - first) / max(1, steps - first)))


def with_restarts(step: int, edges: Sequence[int], peak: float) -> float:
    """The cosine at `step`, begun again at each of `edges`: steps from 0 to the last, rising. SGDR, as above."""
    first, last = next((a, b) for a, b in zip(edges, edges[1:], strict=False) if a <= step < b)
    return cosine(step - first, last - first, peak)


def warmed(step: int, steps: int, peak: float, warm_up: float = WARM_UP) -> float:
    """Linear warm-up over the share `warm_up` of all steps, then `peak`."""
    return peak * min(1.0, (step + 1) / max(1, int(steps * warm_up)))


def plateau_factor(values: Sequence[float]) -> float:
    """What the peak is multiplied by after epochs with these validation AUCs: halved wherever two bring nothing.

    The rule of ReduceLROnPlateau.
    """
    factor, best, waited = 1.0, -np.inf, 0
    for value in values:
        if value > best + LEAST:
            best, waited = value, 0
            continue
        waited += 1
        if waited >= PLATEAU_EPOCHS:
            factor, waited = factor * PLATEAU_FACTOR, 0
    return factor


def exhausted(values: Sequence[float], patience: int) -> bool:
    """Whether the last `patience` epochs brought no better validation AUC than those before; never for 0."""
    if not patience or len(values) <= patience:
        return False
    return not max(values[-patience:]) > max(values[:-patience]) + LEAST
