"""Steps that choose which part of the picture the model sees, and at what size.

Every reduction is Pillow's bilinear filter, which widens its support when it reduces (anti-aliased): of eight
filters it comes closest to the copies that the data sets ship, so an original and its copy get the same answer.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from util.language import Sentence
from util.preparation.result import Result


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """`pixels` uint8 (H, W) or (H, W, 3) at `width` x `height`, bilinear with anti-aliasing."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def grey(pixels: np.ndarray) -> Result:
    """One grey channel (H, W): luma of ITU-R BT.601 for colour pictures, unchanged for grey ones."""
    if pixels.ndim == 2:
        return Result(pixels, Sentence.of("preparation.grey_already"), applied=False)
    return Result(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), Sentence.of("preparation.grey"))


def colour(pixels: np.ndarray) -> Result:
    """Three channels (H, W, 3): a grey picture is repeated three times."""
    if pixels.ndim == 3:
        return Result(pixels, Sentence.of("preparation.colour_already"), applied=False)
    return Result(np.repeat(pixels[..., None], 3, axis=2), Sentence.of("preparation.colour"))


def centre_square(pixels: np.ndarray) -> Result:
    """The largest square around the centre."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    if height == width:
        return Result(pixels, Sentence.of("preparation.square_already"), applied=False)
    return Result(
        pixels[top : top + side, left : left + side],
        Sentence.of("preparation.centre_square", side=side),
        crop=(left, top, left + side, top + side),
    )


def standard_scale(pixels: np.ndarray, side: int) -> Result:
    """The short side at `side` pixels, so that sharpness says nothing of where the picture came from."""
    height, width = pixels.shape[:2]
    factor = side / min(height, width)
    new = (max(1, round(width * factor)), max(1, round(height * factor)))
    if new == (width, height):
        return Result(pixels, Sentence.of("preparation.scale_already", side=side), applied=False)
    return Result(resized(pixels, *new), Sentence.of("preparation.standard_scale", side=side))


def squash(pixels: np.ndarray, side: int) -> Result:
    """The whole picture at `side` x `side`, its proportions given up, as in the training copies."""
    if pixels.shape[:2] == (side, side):
        return Result(pixels, Sentence.of("preparation.squash_already", side=side), applied=False)
    return Result(resized(pixels, side, side), Sentence.of("preparation.squash", side=side))


def resize(pixels: np.ndarray, side: int) -> Result:
    """The model's own input size, `side` x `side`, from a picture that is square already."""
    return Result(resized(pixels, side, side), Sentence.of("preparation.resize", side=side))


def reflected(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """`pixels` padded to at least `height` x `width` by repeated reflection, the original in the middle.

    A side of one pixel is repeated. NumPy reflects as often as it takes, also where the side is smaller
    than half the padding.
    """
    down, across = max(0, height - pixels.shape[0]), max(0, width - pixels.shape[1])
    pads = [(down // 2, down - down // 2), (across // 2, across - across // 2)]
    return np.pad(pixels, pads + [(0, 0)] * (pixels.ndim - 2), mode="reflect")
