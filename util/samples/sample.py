"""What a drawn sample is, and the door to those of each modality."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from util.language import Sentence
from util.prediction import Metadata
from util.samples import breast, chest, skin


@dataclass(frozen=True)
class Sample:
    """One synthetic image: `pixels` uint8 (H, W) grey or (H, W, 3) RGB, read-only; no patient stands behind it.

    `key` is unique within its `modality` and fit for an address; `title` says what is drawn; `metadata` is what one
    may enter with it (skin); `odd` marks a picture that no model here was made for.
    """

    key: str
    modality: str
    pixels: np.ndarray
    title: Sentence
    metadata: Metadata = Metadata()
    odd: bool = False

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)

    def png(self) -> bytes:
        """The pixels as a PNG file, lossless, the same bytes each time."""
        pixels = self.pixels if self.pixels.ndim == 2 else self.pixels[..., ::-1]
        done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 6])
        if not done:
            raise RuntimeError(f"expected a picture that PNG can hold, received {self.pixels.shape}")
        return data.tobytes()


_ROOMS = {"chest": chest.drawings, "skin": skin.drawings, "breast": breast.drawings}


@functools.cache
def samples(modality: str) -> tuple[Sample, ...]:
    """The drawn samples of `modality` ("chest", "skin", "breast"), ordinary ones first; () for any other.

    Drawn once a process, in one to two seconds a modality; the same pixels each time.
    """
    return tuple(
        Sample(key, modality, pixels, title, metadata, odd)
        for key, pixels, title, metadata, odd in (_ROOMS[modality]() if modality in _ROOMS else ())
    )
