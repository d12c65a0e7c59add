"""Grad-CAM: which parts of the feature map raise the score of a class."""

from __future__ import annotations

import time

import cv2
import numpy as np

from util.explanation.values import Explanation
from util.modelstore import Network
from util.prediction import Prediction

METHOD = "grad_cam"
# A map whose range is this small beside the terms it sums is rounding, not evidence.
_ROUNDING = 1e-6


def grad_cam(network: Network, prediction: Prediction, target: int) -> Explanation:
    """The Grad-CAM of class `target` at the layer that the card names, from features that are already known.

    Channels weighted by the mean gradient of the pre-activation score, summed, negative parts dropped (Selvaraju
    et al. 2017, doi 10.1109/ICCV.2017.74). For one unit the score of class 0 is minus the logit. `heat` float32
    (H, W) in [0, 1] at the input's size; `empty` where the class has no positive evidence. Raises IndexError for a
    `target` that is no label.
    """
    if not 0 <= target < len(network.card.labels):
        raise IndexError(f"expected a class in 0..{len(network.card.labels) - 1}, received {target}")
    started = time.perf_counter()
    features = prediction.features
    _, gradient = network.scores_and_gradient(features, prediction.encoded, target)
    weights = gradient[0].mean(axis=(0, 1))  # (c,)
    grid = cam(features[0], weights)
    size = network.card.input
    return Explanation(
        method=METHOD,
        target=target,
        heat=enlarged(grid, size.height, size.width),
        grid=grid.shape,
        signed=False,
        empty=not grid.any(),
        passes=1.0,  # one trunk, one head: the prediction's own pass, and the gradient of its short end
        seconds=time.perf_counter() - started,
    )


def cam(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """relu(features @ weights) (h, w) with maximum 1; all zero where nothing is positive or all is the same."""
    sums = features @ weights
    spread = sums.max() - sums.min()
    scale = float(np.abs(features).max() * np.abs(weights).sum())
    if not np.isfinite(spread) or sums.max() <= 0 or spread <= _ROUNDING * scale:
        return np.zeros(sums.shape, np.float32)
    return (np.maximum(sums, 0) / sums.max()).astype(np.float32)


def enlarged(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """`grid` (h, w) bilinearly at (height, width), float32; its largest absolute value stays what it was."""
    heat = cv2.resize(grid.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    # Between the centres of cells the interpolation flattens the peak a little.
    before, after = np.abs(grid).max(), np.abs(heat).max()
    return heat / after * before if after > 0 else heat
