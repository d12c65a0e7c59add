"""What about an image makes its answer less sure: sharpness, light, contrast, colour where none belongs."""

from __future__ import annotations

import cv2
import numpy as np

from util.imaging import Photograph
from util.language import Percent, Sentence
from util.preparation import Prepared

_SIDE = 128  # sharpness is measured at one size, so that a large file is not called sharper than its copy


def quality_warnings(photograph: Photograph, prepared: Prepared, modality: str) -> tuple[Sentence, ...]:
    """One sentence for each doubt about the image; none for an ordinary one."""
    return ()


def sharpness(pixels: np.ndarray) -> float:
    """Variance of the Laplacian relative to the variance of the image, at one size (Pertuz et al. 2013)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float(cv2.Laplacian(small, cv2.CV_32F).var() / max(small.var(), 1e-6))
