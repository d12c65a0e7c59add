"""Steps for breast tissue: bring any picture to the scale and size of the training patches."""

from __future__ import annotations

import numpy as np

from util.language import Sentence
from util.preparation.geometry import reflected, resized
from util.preparation.result import PreparationError, Result

# A larger picture without a scale is probably not at 4 um per pixel: warn.
_LARGEST_PATCH = 64
_FINEST, _COARSEST = 0.05, 20.0
# As many as an upload may have: a coarse scale must not enlarge a large picture until memory is full.
_MOST_PIXELS = 100_000_000


def scale_to_um(pixels: np.ndarray, target: float = 4.0, *, um_per_pixel: float | None = None) -> Result:
    """Bring the picture to `target` micrometres per pixel where its own scale is given.

    `pixels` uint8 (H, W, 3); `um_per_pixel` in [0.05, 20]. Without a scale, up to 64 px a side is taken as
    `target` already, and a larger picture carries a warning. Raises PreparationError where the result would exceed
    100 million pixels.
    """
    height, width = pixels.shape[:2]
    if um_per_pixel is None:
        if max(height, width) <= _LARGEST_PATCH:
            return Result(pixels, Sentence.of("preparation.scale_taken", target=target), applied=False)
        return Result(
            pixels,
            Sentence.of("preparation.scale_unknown"),
            applied=False,
            warnings=(Sentence.of("preparation.scale_warning", target=target),),
        )
    new = [max(1, round(side * um_per_pixel / target)) for side in (width, height)]
    if new == [width, height]:
        return Result(pixels, Sentence.of("preparation.scale_fits", target=target), applied=False)
    if new[0] * new[1] > _MOST_PIXELS:
        raise PreparationError("preparation.scale_too_coarse", given=um_per_pixel, width=width, height=height)
    return Result(
        resized(pixels, *new),
        Sentence.of("preparation.scale_um", given=um_per_pixel, target=target),
    )


def central_window(pixels: np.ndarray, side: int = 50) -> Result:
    """The middle `side` x `side` pixels of a larger picture; smaller sides stay as they are."""
    height, width = pixels.shape[:2]
    if height <= side and width <= side:
        return Result(pixels, Sentence.of("preparation.window_already"), applied=False)
    left, top = max(0, (width - side) // 2), max(0, (height - side) // 2)
    right, bottom = min(width, left + side), min(height, top + side)
    sentence = Sentence.of("preparation.window", side=side)
    return Result(
        pixels[top:bottom, left:right],
        sentence,
        crop=(left, top, right, bottom),
        warnings=(sentence,),
    )


def pad(pixels: np.ndarray, side: int = 50) -> Result:
    """At least `side` x `side` by repeated reflection, the picture in the middle."""
    height, width = pixels.shape[:2]
    if height >= side and width >= side:
        return Result(pixels, Sentence.of("preparation.pad_already"), applied=False)
    padded = reflected(pixels, side, side)
    left, top = max(0, side - width) // 2, max(0, side - height) // 2
    return Result(
        padded,
        Sentence.of("preparation.pad", side=side),
        crop=(-left, -top, padded.shape[1] - left, padded.shape[0] - top),
    )


def scale_is_valid(um_per_pixel: float) -> bool:
    """Whether a scale in micrometres per pixel is one that a scanner or a reduced picture can have."""
    return bool(np.isfinite(um_per_pixel)) and _FINEST <= um_per_pixel <= _COARSEST
