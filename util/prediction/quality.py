"""What about an image makes its answer less sure: sharpness, light, contrast, colour where none belongs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from util.imaging import Photograph
from util.language import Sentence

_SIDE = 128  # measured at one size, so that a large file is not called sharper than its small copy


@dataclass(frozen=True)
class Limits:
    """What is still ordinary: fewer than 1 in 200 training images of a modality fall outside any of these.

    `sharpness` see `sharpness`; `contrast` between the 5th and 95th percentile of grey levels in [0, 255]; `dark` the
    least 95th, `bright` the largest 5th percentile; `burnt` the share of white pixels; `colour` the mean
    difference between the strongest and the weakest channel, at least (or for films: at most) so much.
    """

    sharpness: float
    contrast: float
    burnt: float
    colour: float
    dark: float = 90
    bright: float = 215


LIMITS = {
    "skin": Limits(sharpness=0.008, contrast=15, burnt=0.2, colour=5),
    "chest": Limits(sharpness=0.02, contrast=60, burnt=0.2, colour=8),
    "breast": Limits(sharpness=0.03, contrast=20, burnt=0.8, colour=1.5),
}


def quality_warnings(photograph: Photograph, modality: str) -> tuple[Sentence, ...]:
    """One sentence for each doubt about the picture; none for an ordinary one, or an unknown modality."""
    limits = LIMITS.get(modality)
    if limits is None:
        return ()
    small = at_one_size(photograph.pixels)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) if small.ndim == 3 else small
    low, high = np.percentile(grey, [5, 95])
    found = []
    if high < limits.dark:
        found.append("dark")
    elif low > limits.bright or np.mean(grey >= 250) > limits.burnt:
        found.append("bright")
    if high - low < limits.contrast:
        found.append("contrast")
    elif sharpness(photograph.pixels) < limits.sharpness:  # without contrast nothing looks sharp
        found.append("blurred")
    coloured = colourfulness(small)
    if modality == "chest" and coloured > limits.colour:
        found.append("coloured_film")
    if modality != "chest" and coloured < limits.colour:
        found.append("grey_image")
    part = photograph.facts.body_part
    if modality == "chest" and part and not any(word in part.upper() for word in ("CHEST", "THORAX", "LUNG")):
        found.append("other_part")
    return tuple(Sentence.of(f"prediction.quality_{name}") for name in found)


def at_one_size(pixels: np.ndarray) -> np.ndarray:
    """`pixels` (H, W) or (H, W, 3) averaged to 128 x 128."""
    return cv2.resize(np.ascontiguousarray(pixels), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)


def sharpness(pixels: np.ndarray) -> float:
    """Variance of the Laplacian over the variance of the picture, at one size (Pertuz et al. 2013); 0 for a blank."""
    small = at_one_size(pixels)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) if small.ndim == 3 else small
    grey = grey.astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(grey.var(), 1e-6))


def colourfulness(pixels: np.ndarray) -> float:
    """Mean difference in [0, 255] between the strongest and the weakest channel; 0 for a grey picture."""
    if pixels.ndim == 2:
        return 0.0
    return float((pixels.max(axis=-1).astype(np.float32) - pixels.min(axis=-1)).mean())
