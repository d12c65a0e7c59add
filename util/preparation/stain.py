"""Stain normalisation of haematoxylin and eosin (H&E) patches against a fixed reference."""

from __future__ import annotations

import cv2
import numpy as np

from util.language import Sentence
from util.preparation.result import Result

# Mean and spread in CIELAB (OpenCV's 8-bit scale) that every patch is brought to. Fixed, so that one patch
# gets one answer; both references are medians over 125 training slides of both classes.
REINHARD_MEAN = (181.0, 149.0, 121.0)
REINHARD_SPREAD = (29.0, 9.4, 4.4)
# Optical density of haematoxylin and eosin, and their 99th-percentile concentrations.
MACENKO_STAINS = np.array([[0.539, 0.177], [0.728, 0.838], [0.424, 0.516]])
MACENKO_MOST = np.array([1.22, 1.10])
_WHITE = 240.0


def reinhard(pixels: np.ndarray, strength: float = 1.0) -> Result:
    """Mean and spread of each CIELAB channel brought to the reference's. Reinhard et al. 2001.

    `pixels` uint8 (H, W, 3); `strength` in [0, 1] goes from no change to the full transfer.
    """
    lab = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB).astype(np.float64)
    mean, spread = lab.mean(axis=(0, 1)), lab.std(axis=(0, 1))
    # A flat channel has no spread to match: move its mean only. Gain is bounded, or noise would be blown up.
    gain = np.clip(np.array(REINHARD_SPREAD) / np.maximum(spread, 1e-6), 0.5, 2.0)
    matched = (lab - mean) * gain + np.array(REINHARD_MEAN)
    blended = np.clip(np.rint(lab + strength * (matched - lab)), 0, 255).astype(np.uint8)
    return Result(cv2.cvtColor(blended, cv2.COLOR_LAB2RGB), Sentence.of("preparation.reinhard"))


def stain_vectors(pixels: np.ndarray, beta: float = 0.15, alpha: float = 1.0) -> np.ndarray | None:
    """Unit optical-density vectors (3, 2) of haematoxylin and eosin, or None with too little tissue.

    `beta` is the least optical density of tissue, `alpha` the percentile of extreme angles. Macenko et al. 2009.
    """
    density = -np.log((pixels.reshape(-1, 3).astype(np.float64) + 1) / _WHITE)
    tissue = density[(density > beta).all(axis=1)]
    if len(tissue) < 50:
        return None
    values, vectors = np.linalg.eigh(np.cov(tissue.T))
    # One colour only (a flat patch) spans no plane of two stains.
    if values[1] < 1e-6:
        return None
    plane = vectors[:, [1, 2]]
    plane = plane * np.where(plane[0] < 0, -1, 1)
    angles = np.arctan2(*(tissue @ plane).T[::-1])
    extremes = [plane @ np.array([np.cos(a), np.sin(a)]) for a in np.percentile(angles, [alpha, 100 - alpha])]
    # Haematoxylin takes more red out than eosin does.
    first, second = sorted(extremes, key=lambda vector: -vector[0])
    return np.stack([first, second], axis=1)


def macenko(pixels: np.ndarray) -> Result:
    """Stains separated in optical density and re-mixed with the reference's colours. Macenko et al. 2009.

    `pixels` uint8 (H, W, 3); a patch with too little tissue is left as it is.
    """
    vectors = stain_vectors(pixels)
    if vectors is None or np.linalg.cond(vectors) > 25:
        return Result(pixels, Sentence.of("preparation.macenko_skipped"), applied=False)
    density = -np.log((pixels.reshape(-1, 3).astype(np.float64) + 1) / _WHITE)
    amounts = np.linalg.lstsq(vectors, density.T, rcond=None)[0]
    most = np.maximum(np.percentile(amounts, 99, axis=1), 1e-3)
    rebuilt = _WHITE * np.exp(-MACENKO_STAINS @ (amounts * (MACENKO_MOST / most)[:, None]))
    return Result(
        np.clip(np.rint(rebuilt.T), 0, 255).astype(np.uint8).reshape(pixels.shape),
        Sentence.of("preparation.macenko"),
    )
