"""Where a map lies: on the border, or inside the part of the image that should matter.

Heat is (H, W); its negative parts count by their size. A map without energy has no focus: None.
"""

from __future__ import annotations

import cv2
import numpy as np

BORDER = 0.1


def border_share(heat: np.ndarray, width: float = BORDER) -> float | None:
    """Share in [0, 1] of the map's energy in a frame of `width` (share of each side); even maps have 0.36 at 0.1."""
    frame = np.ones(heat.shape, bool)
    rows, columns = (max(1, round(side * width)) for side in heat.shape)
    frame[rows:-rows, columns:-columns] = False
    return inside_share(heat, frame)


def inside_share(heat: np.ndarray, mask: np.ndarray) -> float | None:
    """Share in [0, 1] of the map's energy inside the boolean `mask` (H, W), brought to the map's size where needed."""
    energy = np.abs(heat).astype(np.float64)
    total = energy.sum()
    return float(energy[_fitted(mask, heat)].sum() / total) if total > 0 else None


def peak_inside(heat: np.ndarray, mask: np.ndarray) -> bool | None:
    """Whether the strongest point lies inside `mask` (the pointing game, Zhang et al. 2018)."""
    if not heat.any():
        return None
    return bool(_fitted(mask, heat).ravel()[np.abs(heat).argmax()])


def _fitted(mask: np.ndarray, heat: np.ndarray) -> np.ndarray:
    if mask.shape == heat.shape:
        return mask.astype(bool)
    return cv2.resize(mask.astype(np.uint8), heat.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
