"""Stain jitter: another laboratory's haematoxylin and eosin, without changing what is stained."""

from __future__ import annotations

import cv2
import numpy as np

# Optical density that each stain adds to red, green and blue, per unit of stain: haematoxylin, eosin, and what neither
# explains. Ruifrok & Johnston 2001.
HAEMATOXYLIN, EOSIN = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])


def _basis() -> np.ndarray:
    """Rows: the unit vectors of haematoxylin, eosin and the residual, which is square to both; (3, 3)."""
    rows = [HAEMATOXYLIN, EOSIN, np.cross(HAEMATOXYLIN, EOSIN)]
    return np.stack([row / np.linalg.norm(row) for row in rows])


STAINS = _basis()
_UNMIXING = np.linalg.inv(STAINS)
# One is added, or black would have no logarithm; so white has the density 0.
_DENSITY = -np.log((np.arange(256) + 1) / 256).astype(np.float32)[:, None]


def amounts(pixels: np.ndarray) -> np.ndarray:
    """Haematoxylin, eosin and residual of every pixel of uint8 (H, W, 3), as float64 (H, W, 3) optical densities."""
    return -np.log((pixels.astype(np.float64) + 1) / 256) @ _UNMIXING


def restained(pixels: np.ndarray, factors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """`pixels` uint8 (H, W, 3) with the amount of each stain times its factor plus its offset, (3,) each; uint8.

    Amounts are optical densities (natural logarithm): 0 is white, a well stained nucleus has about 1.
    """
    # Unmixing, change and mixing are one affine map of optical densities.
    mixing = np.column_stack([(_UNMIXING @ np.diag(factors) @ STAINS).T, offsets @ STAINS])
    density = cv2.transform(cv2.LUT(np.ascontiguousarray(pixels), _DENSITY), mixing)
    light = cv2.exp(-density)
    return cv2.addWeighted(light, 256, light, 0, -1, dtype=cv2.CV_8U)


def jittered(pixels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A random restaining of uint8 (H, W, 3): factors in 1 +- `strength`, offsets in +- `strength`.

    Tellez et al. 2018: 0.05 is light, 0.2 strong.
    """
    draws = strength * (2 * rng.random(6) - 1)
    return restained(pixels, 1 + draws[:3], draws[3:])
