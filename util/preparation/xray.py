"""Steps for chest X-rays: borders, burnt-in marks, grey values."""

from __future__ import annotations

import cv2
import numpy as np

from util.language import Percent, Sentence
from util.preparation.geometry import resized
from util.preparation.result import PreparationError, Result

# Found on a small copy of fixed size, so that an original and its reduced copy are trimmed alike.
_LOOK = 224


def trim_border(pixels: np.ndarray, flat: float = 3.0, most: float = 0.15) -> Result:
    """Cut rows and columns at the edges that hold hardly more than one grey value, black or white.

    `pixels` uint8 (H, W); a line is empty where its standard deviation is at most `flat` grey levels and it is
    nearly black or nearly white; at most the share `most` goes on each side.
    """
    height, width = pixels.shape
    look = resized(pixels, _LOOK, _LOOK).astype(np.float32)
    limit = int(most * _LOOK)
    top, bottom = (_empty_lines(lines, flat, limit) for lines in (look, look[::-1]))
    left, right = (_empty_lines(lines, flat, limit) for lines in (look.T, look.T[::-1]))
    if not (top or bottom or left or right):
        return Result(pixels, Sentence.of("preparation.no_border"), applied=False)
    crop = (
        round(left / _LOOK * width),
        round(top / _LOOK * height),
        width - round(right / _LOOK * width),
        height - round(bottom / _LOOK * height),
    )
    removed = max(crop[0], crop[1], width - crop[2], height - crop[3])
    return Result(
        pixels[crop[1] : crop[3], crop[0] : crop[2]],
        Sentence.of("preparation.border", pixels=removed),
        crop=crop,
    )


def _empty_lines(lines: np.ndarray, flat: float, limit: int) -> int:
    """How many lines from the first on are empty (at most `limit`)."""
    for index in range(limit):
        line = lines[index]
        if line.std() > flat or 12 < line.mean() < 243:
            return index
    return limit


def frame_only(pixels: np.ndarray, share: float = 0.12) -> Result:
    """Everything but the outer frame made black: what a model sees that is wrong on purpose.

    `pixels` uint8 (H, W) or (H, W, 3); the frame is the share `share`, in (0, 0.5), of each side. A classifier of this
    frame alone tells the classes of some data sets apart: a shortcut (DeGrave et al. 2021).
    """
    if not 0 < share < 0.5:
        raise PreparationError("preparation.bad_option", step="frame_only", received=f"share {share}")
    height, width = pixels.shape[:2]
    down, across = max(1, round(share * height)), max(1, round(share * width))
    framed = pixels.copy()
    framed[down : height - down, across : width - across] = 0
    return Result(framed, Sentence.of("preparation.frame_only", share=Percent(share)))


def mark_mask(pixels: np.ndarray) -> np.ndarray:
    """Boolean (H, W): small saturated letters and markers in the outer part of `pixels` uint8 (H, W).

    Film markers are the brightest thing on a film, with a sharp edge, small, and not in the middle.
    """
    height, width = pixels.shape
    look = resized(pixels, _LOOK, _LOOK)
    # Brighter than its surroundings by a marker's contrast, and near white.
    surroundings = cv2.medianBlur(look, 25)
    bright = ((look >= 225) & (look.astype(int) - surroundings >= 70)).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(bright, connectivity=8)
    keep = np.zeros(count, bool)
    for index in range(1, count):
        x, y = centres[index] / _LOOK
        outside = min(x, 1 - x) < 0.25 or min(y, 1 - y) < 0.12
        keep[index] = outside and 6 <= stats[index, cv2.CC_STAT_AREA] <= 0.01 * _LOOK * _LOOK
    mask = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)


def trim_marks(pixels: np.ndarray) -> Result:
    """Burnt-in letters and side markers painted over from their surroundings (Telea 2004), uint8 (H, W)."""
    mask = mark_mask(pixels)
    if not mask.any():
        return Result(pixels, Sentence.of("preparation.no_marks"), applied=False)
    count = cv2.connectedComponents(mask.astype(np.uint8))[0] - 1
    painted = cv2.inpaint(np.ascontiguousarray(pixels), mask.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return Result(painted, Sentence.of("preparation.marks", count=count))


def percentile_clip(pixels: np.ndarray, low: float = 1.0, high: float = 99.0) -> Result:
    """Grey values stretched from the `low`-th to the `high`-th percentile over [0, 255], uint8 (H, W)."""
    darkest, brightest = np.percentile(pixels, [low, high])
    if brightest - darkest < 1:
        return Result(pixels, Sentence.of("preparation.no_contrast"), applied=False)
    stretched = (pixels.astype(np.float32) - darkest) * (255 / (brightest - darkest))
    return Result(
        np.clip(np.rint(stretched), 0, 255).astype(np.uint8),
        Sentence.of("preparation.percentile", low=int(round(darkest)), high=int(round(brightest))),
    )


def clahe(pixels: np.ndarray, clip: float = 2.0, tiles: int = 8) -> Result:
    """Contrast-limited adaptive histogram equalisation of `pixels` uint8 (H, W). Zuiderveld 1994."""
    equaliser = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles))
    return Result(equaliser.apply(np.ascontiguousarray(pixels)), Sentence.of("preparation.clahe"))
