"""What decoding hands on: the pixels, the few facts that may be known, and what was noticed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.language import Sentence


@dataclass(frozen=True)
class Facts:
    """The allow-list: everything a file may say of itself beyond its pixels; the rest is never read out.

    `spacing_mm` is (row, column) spacing in millimetres; `age` in years; `sex` "female" or "male".
    """

    format: str
    width: int
    height: int
    mode: str
    bits: int
    modality: str | None = None
    body_part: str | None = None
    view: str | None = None
    spacing_mm: tuple[float, float] | None = None
    photometric: str | None = None
    age: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Photograph:
    """A decoded image: `pixels` uint8 in [0, 255], (H, W) grey or (H, W, 3) RGB, read-only.

    `facts.width` and `facts.height` are those of `pixels` (after EXIF orientation); `sha256` is the
    hash of the bytes that were given; `notices` say what decoding did that a person should know.
    """

    pixels: np.ndarray
    facts: Facts
    sha256: str
    notices: tuple[Sentence, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim not in (2, 3):
            raise TypeError(
                f"expected uint8 (H, W) or (H, W, 3), received {self.pixels.dtype} {self.pixels.shape}"
            )
        self.pixels.setflags(write=False)
