"""The door: bytes become a `Photograph`, or one typed refusal."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from util.imaging.limits import Limits
from util.imaging.photograph import Facts, Photograph
from util.imaging.refusals import (
    BlankImage,
    EmptyFile,
    FileTooLarge,
    ImageTooSmall,
    NotAnImage,
    TooManyPixels,
    TruncatedImage,
)
from util.language import Sentence


def decode(data: bytes, *, minimum_side: int = 32, limits: Limits = Limits()) -> Photograph:  # noqa: B008
    """The image in `data` as a `Photograph`; raises a subclass of `RefusedImage`, and nothing else."""
    if not data:
        raise EmptyFile("imaging.empty")
    if len(data) > limits.maximum_bytes:
        raise FileTooLarge(
            "imaging.too_large", limit=limits.maximum_bytes / 1e6, received=len(data) / 1e6
        )
    try:
        image = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
    except UnidentifiedImageError:
        raise NotAnImage("imaging.not_an_image") from None
    width, height = image.size
    if width * height > limits.maximum_pixels:
        raise TooManyPixels(
            "imaging.too_many_pixels", limit=limits.maximum_pixels, width=width, height=height
        )
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:
        raise TruncatedImage("imaging.truncated") from None
    mode = image.mode
    pixels = np.asarray(image.convert("L" if mode in ("L", "1", "I;16") else "RGB"))
    height, width = pixels.shape[:2]
    if min(width, height) < minimum_side:
        raise ImageTooSmall("imaging.too_small", minimum=minimum_side, width=width, height=height)
    if int(pixels.max()) - int(pixels.min()) < 3:
        raise BlankImage("imaging.blank")
    notices: tuple[Sentence, ...] = ()
    if min(width, height) < 25:
        notices = (Sentence.of("imaging.very_small", width=width, height=height),)
    facts = Facts(format="PNG or JPEG", width=width, height=height, mode=mode, bits=8)
    return Photograph(pixels.copy(), facts, hashlib.sha256(data).hexdigest(), notices)
