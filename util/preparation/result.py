"""What one step gives back to the chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.language import Sentence


@dataclass(frozen=True)
class Result:
    """The picture after a step, one sentence on what it did, and where its pixels lie in the picture before.

    `crop` is (left, top, right, bottom) in pixels of the picture before the step; outside of it for padding.
    None means the whole picture. `um_per_pixel` is the scale after the step where it is known.
    """

    pixels: np.ndarray
    sentence: Sentence
    applied: bool = True
    crop: tuple[float, float, float, float] | None = None
    warnings: tuple[Sentence, ...] = ()
    um_per_pixel: float | None = None
