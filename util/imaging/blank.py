"""Whether there is anything to see."""

from __future__ import annotations

import numpy as np
from PIL import Image

# A scan of empty paper or an unexposed film still carries a grey level of noise.
_LEVELS = 3
_STRAYS = 0.001


def is_blank(pixels: np.ndarray) -> bool:
    """Whether all but 1 in 1000 of uint8 `pixels` (H, W) or (H, W, 3) lie within 3 levels per channel."""
    strays = int(_STRAYS * pixels.shape[0] * pixels.shape[1])
    counts = np.array(Image.fromarray(pixels).histogram()).reshape(-1, 256)
    windows = np.lib.stride_tricks.sliding_window_view(counts, _LEVELS, axis=1).sum(axis=2)
    return bool((windows.max(axis=1) >= pixels.shape[0] * pixels.shape[1] - strays).all())
