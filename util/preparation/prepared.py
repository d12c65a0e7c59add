"""What preparation hands on: the model's input, and every step's picture and sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.language import Sentence


@dataclass(frozen=True)
class Step:
    """One visible step: its `name` (as in cards), the uint8 picture after it, one sentence on what it did.

    `applied` is False where the step found nothing to do (no hair, no border); the picture is then unchanged.
    """

    name: str
    picture: np.ndarray
    sentence: Sentence
    applied: bool = True


@dataclass(frozen=True)
class Prepared:
    """A model input: `pixels` uint8 (S, S, 3) in [0, 255], read-only; the steps that led there; warnings.

    `window` is (left, top, right, bottom) in pixels of the photograph: the part of it that `pixels` shows,
    so that a map can be drawn on the photograph itself; `padded` tells that edges were mirrored.
    """

    pixels: np.ndarray
    steps: tuple[Step, ...]
    window: tuple[float, float, float, float]
    warnings: tuple[Sentence, ...] = ()
    padded: bool = False

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)
        for step in self.steps:
            step.picture.setflags(write=False)
