"""Class folders drawn by code, for a reader who wants to see the whole way before collecting images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SHAPES = ("disc", "ring", "cross")


def draw_folders(folder: Path, images: int = 40, side: int = 64, seed: int = 0) -> Path:
    """One sub-folder for each of SHAPES, `images` pictures in each: the shape somewhere on a ground of any colour.

    Colour, size, place and noise are drawn alike for all classes, so that the shape alone tells them.
    """
    rng = np.random.default_rng(seed)
    for name in SHAPES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(images):
            cv2.imwrite(str(folder / name / f"{name}_{number:03d}.png"), _picture(name, side, rng))
    return folder


def _picture(name: str, side: int, rng: np.random.Generator) -> np.ndarray:
    ground, ink = rng.integers(90, 210, 3), rng.integers(0, 90, 3)
    picture = np.full((side, side, 3), ground, np.uint8)
    size = int(rng.uniform(0.16, 0.3) * side)
    x, y = (int(v) for v in rng.integers(size + 2, side - size - 2, 2))
    colour = tuple(int(v) for v in ink)
    if name == "disc":
        cv2.circle(picture, (x, y), size, colour, -1, cv2.LINE_AA)
    elif name == "ring":
        cv2.circle(picture, (x, y), size, colour, max(2, size // 4), cv2.LINE_AA)
    else:
        for dx, dy in ((size, 0), (0, size)):
            cv2.line(picture, (x - dx, y - dy), (x + dx, y + dy), colour, max(2, size // 3), cv2.LINE_AA)
    noise = rng.normal(0, 8, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
