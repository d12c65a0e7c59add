"""DullRazor: find dark hairs on a dermoscopy picture and paint them over."""

from __future__ import annotations

import cv2
import numpy as np

from util.language import Percent, Sentence
from util.preparation.result import Result


def hair_mask(pixels: np.ndarray, threshold: int = 14) -> np.ndarray:
    """Boolean (H, W): long thin dark structures of `pixels` uint8 (H, W, 3).

    A black-hat closes structures thinner than its kernel; what it darkened by more than `threshold` grey levels
    and is long and thin is hair. Lee, Ng, Gallagher, Coldman, McLean 1997 (DullRazor).
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    size = max(5, 2 * (min(luma.shape) // 32) + 1)
    response = np.zeros_like(luma)
    for kernel in _line_kernels(size):
        response = np.maximum(response, cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, kernel))
    dark = (response > threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    keep = np.zeros(count, bool)
    shortest = min(luma.shape) / 6
    for index in range(1, count):
        extent = np.hypot(stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_HEIGHT])
        # A hair is at least six times longer than wide; pigment network and globules are not.
        keep[index] = extent >= shortest and stats[index, cv2.CC_STAT_AREA] <= extent * extent / 6
    return keep[labels]


def dull_razor(pixels: np.ndarray, threshold: int = 14, least: float = 0.004) -> Result:
    """Hairs painted over from their surroundings; skipped where they cover less than `least` of the picture.

    `pixels` uint8 (H, W, 3). Lee et al. 1997 (DullRazor); inpainting Telea 2004.
    """
    mask = hair_mask(pixels, threshold)
    share = float(mask.mean())
    if share < least:
        return Result(pixels, Sentence.of("preparation.no_hair"), applied=False)
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    painted = cv2.inpaint(np.ascontiguousarray(pixels), wide, 3, cv2.INPAINT_TELEA)
    return Result(painted, Sentence.of("preparation.hair", share=Percent(share)))


def _line_kernels(size: int) -> list[np.ndarray]:
    """Thin lines across hairs in four directions: a hair is dark against both of its sides."""
    flat, upright = np.zeros((size, size), np.uint8), np.zeros((size, size), np.uint8)
    flat[size // 2], upright[:, size // 2] = 1, 1
    return [flat, upright, np.eye(size, dtype=np.uint8), np.eye(size, dtype=np.uint8)[::-1].copy()]
