"""Maps that know nothing of the network: a map that explains it must do better than these.

The random map tests whether order matters at all, the edge map whether the method only traces the picture (Adebayo et
al. 2018), and the centred Gaussian whether it only knows that photographers centre what they photograph.
"""

from __future__ import annotations

import cv2
import numpy as np

CONTROLS = ("random", "edges", "gaussian")
GRID = 14  # cells along a side of the random map: the grid of the fast Occlusion
WIDTH = 0.25  # standard deviation of the Gaussian in shares of each side


def controls(pixels: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """All three controls for `pixels` uint8 (H, W, 3): name (as in CONTROLS) to heat float32 (H, W) in [0, 1]."""
    shape = pixels.shape[:2]
    return {
        "random": random_map(shape, seed),
        "edges": edge_map(pixels),
        "gaussian": gaussian_map(shape),
    }


def random_map(shape: tuple[int, int], seed: int = 0, grid: int | None = GRID) -> np.ndarray:
    """Uniform noise float32 (H, W) in [0, 1], the same for the same `seed`.

    Drawn on `grid` x `grid` cells and enlarged bilinearly, so that it has the grain of a real map and is beaten, if at
    all, by place; with None each pixel is drawn for itself, as in Petsiuk et al. 2018.
    """
    rng = np.random.default_rng(seed)
    if grid is None:
        return rng.random(shape, np.float32)
    return cv2.resize(rng.random((grid, grid), np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)


def edge_map(pixels: np.ndarray) -> np.ndarray:
    """Sobel's gradient magnitude of the grey picture, float32 (H, W) with maximum 1; zeros for a constant one."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    grey = grey.astype(np.float32)
    size = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    peak = size.max()
    return size / peak if peak > 0 else size


def gaussian_map(shape: tuple[int, int], width: float = WIDTH) -> np.ndarray:
    """A Gaussian in the middle, float32 (H, W), `width` its standard deviation in shares of each side."""
    down, across = (((np.arange(side) + 0.5) / side - 0.5) / width for side in shape)
    return np.exp(-0.5 * (down[:, None] ** 2 + across[None] ** 2)).astype(np.float32)
