"""An image cut into patches of like colour (SLIC), the same patches for the same image."""

from __future__ import annotations

import cv2
import numpy as np

_ROUNDS = 10
_NEAR = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]


def superpixels(pixels: np.ndarray, count: int = 50, compactness: float = 10.0) -> np.ndarray:
    """Labels int (H, W) from 0 to K - 1 of about `count` connected patches of `pixels` uint8 (H, W, 3).

    K-means of colour (CIE Lab) and place, each pixel looking at the nine centres of its neighbourhood; a distance of
    one patch weighs as much as `compactness` of colour. Achanta et al., TPAMI 2012, doi 10.1109/TPAMI.2012.120.
    """
    height, width = pixels.shape[:2]
    step = max(1.0, (height * width / count) ** 0.5)
    rows, columns = (max(1, round(side / step)) for side in (height, width))
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    place = compactness / step
    planes = np.stack([*lab.transpose(2, 0, 1), y * place, x * place]).reshape(5, -1)
    home_i = np.minimum((np.arange(height) * rows) // height, rows - 1)
    home_j = np.minimum((np.arange(width) * columns) // width, columns - 1)
    labels = (home_i[:, None] * columns + home_j).ravel()
    # The centres that a pixel may join: those of its own cell of the first grid and of the eight around it.
    choices = np.stack(
        [
            (
                np.clip(home_i + i, 0, rows - 1)[:, None] * columns + np.clip(home_j + j, 0, columns - 1)
            ).ravel()
            for i, j in _NEAR
        ]
    )
    for _ in range(_ROUNDS):
        sizes = np.maximum(np.bincount(labels, minlength=rows * columns), 1)
        sums = [np.bincount(labels, axis, rows * columns) for axis in planes]
        centres = (np.stack(sums) / sizes).astype(np.float32)
        labels = _nearest(planes, centres, choices)
    return _connected(labels.reshape(height, width))


def _nearest(planes: np.ndarray, centres: np.ndarray, choices: np.ndarray) -> np.ndarray:
    """For each point of `planes` (5, N) the nearest of its `choices` (9, N) among `centres` (5, K), first of equals.

    One plane after another: rows of five numbers would keep the processor busy with counting to five.
    """
    nearest, least = choices[0], None
    for choice in choices:
        distance = np.zeros(planes.shape[1], np.float32)
        for plane, centre in zip(planes, centres, strict=True):
            apart = plane - centre[choice]
            apart *= apart
            distance += apart
        if least is None:
            least = distance
            continue
        nearer = distance < least
        nearest = np.where(nearer, choice, nearest)
        least = np.where(nearer, distance, least)
    return nearest


def mean_colours(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`pixels` uint8 (H, W, 3) with every patch of `labels` (H, W) in its mean colour, rounded down: uint8."""
    flat = labels.ravel()
    sizes = np.maximum(np.bincount(flat), 1)
    means = np.stack([np.bincount(flat, channel) / sizes for channel in pixels.reshape(-1, 3).T], axis=-1)
    return means.astype(np.uint8)[labels]


def _connected(labels: np.ndarray) -> np.ndarray:
    """Each label's largest piece alone, and every other pixel in the nearest of them; numbered without gaps."""
    kept = np.zeros(labels.shape, np.int32)
    for number, label in enumerate(np.unique(labels), start=1):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(
            (labels == label).astype(np.uint8), connectivity=4
        )
        kept[pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()] = number
    orphans = (kept == 0).astype(np.uint8)
    if orphans.any():
        _, nearest = cv2.distanceTransformWithLabels(orphans, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        # `nearest` numbers the pixels of the pieces: what stands at each number is its label.
        of_number = np.zeros(nearest.max() + 1, np.int32)
        of_number[nearest[kept > 0]] = kept[kept > 0]
        kept = of_number[nearest]
    return kept - 1
