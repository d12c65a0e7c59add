"""What the headers of a file promise, known before a single pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from util.imaging.photograph import Facts
from util.language import Sentence


@dataclass(frozen=True)
class Announced:
    """The promise of one file: sides in pixels, bits a sample, pictures in it, EXIF orientation 1 to 8.

    `clean` is the same file with only what the first picture needs: comments, profiles, EXIF, XMP,
    thumbnails and further frames are left out, so no decoder can read, log or unpack them.
    """

    format: str
    width: int
    height: int
    bits: int
    clean: bytes = field(repr=False)
    frames: int = 1
    orientation: int = 1


class Decoded(NamedTuple):
    """Pixels uint8 (H, W) or (H, W, 3), the facts of the file, and what was done on the way."""

    pixels: np.ndarray
    facts: Facts
    notices: tuple[Sentence, ...]
