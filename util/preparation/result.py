"""What one step gives back to the chain, and the error of a step that cannot run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.language import PenumbraError, Sentence


class PreparationError(PenumbraError):
    """A chain or a scale that cannot be used."""


@dataclass(frozen=True)
class Result:
    """The picture after a step, one sentence on what it did, and where its pixels lie in the picture before.

    `crop` is (left, top, right, bottom) in pixels of the picture before the step; outside of it for padding.
    None means the whole picture.
    """

    pixels: np.ndarray
    sentence: Sentence
    applied: bool = True
    crop: tuple[float, float, float, float] | None = None
    warnings: tuple[Sentence, ...] = ()
