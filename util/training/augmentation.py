"""Augmentation per modality: what may change about an image without changing its label.

Many threads run this at once, so nearly all of it happens inside OpenCV, which lets the others go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from util.training import stain

OPTIONS = (
    "stain", "border", "rotation", "quarter_turns", "scale", "independent", "aspect", "shift", "flip", "gamma",
    "contrast", "brightness", "gain", "shift_colour", "shading", "shrink", "blur", "blur_sigma", "sharpen", "noise",
    "noise_levels", "jpeg", "jpeg_quality", "grey",
)  # fmt: skip
_KERNELS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)
_LEVELS = np.arange(256, dtype=np.float32) / 255


def augmented(
    pixels: np.ndarray, side: int, options: Mapping[str, object], rng: np.random.Generator
) -> np.ndarray:
    """One random variant of `pixels` uint8 (S, S, 3) at `side` x `side`, uint8.

    `options`: `stain` strength of the jitter of haematoxylin and eosin; `border` the largest share of the side that is
    cut off each border, each by a draw of its own;
    `rotation` up to so many degrees either way; `quarter_turns` True adds 0 to 3; `scale` (low, high) visible share of
    the side, drawn for each axis where `independent` is True; `aspect` strength; `shift` share of the side;
    `shading` the largest strength of a smooth random change of brightness across the picture;
    `flip` "horizontal" or "both"; `gain`, `shift_colour`, `contrast`, `brightness`, `gamma` strengths;
    `shrink`, `blur`, `sharpen`, `noise`, `jpeg` probabilities, three of them with a range: `blur_sigma` (pixels),
    `noise_levels` (grey levels), `jpeg_quality`; `grey` True keeps the three channels equal (the first is read).
    An option that is absent, or None, draws nothing that was not drawn before there was one.
    """
    if options.get("stain"):
        pixels = stain.jittered(pixels, float(options["stain"]), rng)
    if options.get("grey"):
        # A film is one channel three times: a third of the work gives the same picture.
        pixels = cv2.extractChannel(np.ascontiguousarray(pixels), 0)
    if options.get("border"):
        pixels = _trimmed(pixels, float(options["border"]), rng)
    picture = _warped(pixels, side, options, rng)
    picture = _photometric(picture, options, rng)
    if options.get("shading"):
        picture = shaded(picture, float(options["shading"]) * rng.random(), rng)
    picture = _storage(picture, options, rng)
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) if picture.ndim == 2 else picture


def _strength(options: Mapping[str, object], name: str) -> float:
    """The number of an option, 0 where it is absent or None."""
    return float(options.get(name) or 0)


def _either(rng: np.random.Generator, *shape: int) -> float | np.ndarray:
    """Uniform in [-1, 1)."""
    return 2 * rng.random(shape or None) - 1


def _trimmed(pixels: np.ndarray, border: float, rng: np.random.Generator) -> np.ndarray:
    """Every border cut off by its own share of the side: nothing that follows sees beyond the cut."""
    height, width = pixels.shape[:2]
    top, bottom, left, right = (rng.random(4) * border * [height, height, width, width]).astype(int)
    return pixels[top : height - bottom, left : width - right]


def _warped(pixels: np.ndarray, side: int, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Rotation, scale, aspect, shift and flips in one warp, mirrored at the border."""
    height, width = pixels.shape[:2]
    angle = np.deg2rad(_either(rng) * _strength(options, "rotation"))
    if options.get("quarter_turns"):
        angle += rng.integers(4) * np.pi / 2
    low, high = options.get("scale", (1.0, 1.0))
    # Log-uniform, so that halving and doubling are alike.
    part = np.exp(rng.uniform(np.log(low), np.log(high), 2 if options.get("independent") else 1))
    stretch = _either(rng) * 0.5 * _strength(options, "aspect")
    across, down = part[0] * np.exp(stretch), part[-1] * np.exp(-stretch)
    shift = _strength(options, "shift")
    towards = _either(rng, 2)
    centre = (
        (0.5 + towards[0] * (max(0.0, 1 - across) / 2 + shift)) * width - 0.5,
        (0.5 + towards[1] * (max(0.0, 1 - down) / 2 + shift)) * height - 0.5,
    )
    if options.get("flip") in ("horizontal", "both") and rng.random() < 0.5:
        across = -across
    if options.get("flip") == "both" and rng.random() < 0.5:
        down = -down
    cosine, sine = np.cos(angle), np.sin(angle)
    across, down = across * width / side, down * height / side
    # From a pixel of the result to one of the source: the middle of the result lies at `centre`.
    (a, b), (c, d), middle = (cosine * across, -sine * down), (sine * across, cosine * down), (side - 1) / 2
    return cv2.warpAffine(
        pixels,
        np.array([[a, b, centre[0] - (a + b) * middle], [c, d, centre[1] - (c + d) * middle]]),
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _photometric(picture: np.ndarray, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, brightness and per-channel gain and shift, as one lookup table a channel."""
    channels = 1 if picture.ndim == 2 else 3
    gamma = np.exp(_either(rng) * _strength(options, "gamma"))
    contrast = np.exp(_either(rng) * _strength(options, "contrast"))
    pivot = sum(cv2.sumElems(picture)) / picture.size / 255
    levels = (_LEVELS**gamma - pivot) * contrast + pivot + _either(rng) * _strength(options, "brightness")
    gain = np.exp(_either(rng, channels, 1) * _strength(options, "gain"))
    shift = _either(rng, channels, 1) * _strength(options, "shift_colour")
    table = np.rint((levels * gain + shift) * 255)
    table = np.minimum(np.maximum(table, 0), 255).astype(np.uint8)
    return cv2.LUT(picture, np.ascontiguousarray(table.T)[None])


def shaded(picture: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """`picture` uint8 (H, W) or (H, W, 3) times exp(`strength` x a smooth random field of unit variance), uint8.

    Exposure, scatter and the heel of the beam shade a film from side to side; none of it is in the patient.
    """
    height, width = picture.shape[:2]
    field = cv2.resize(rng.normal(0, strength, (4, 4)), (width, height), interpolation=cv2.INTER_CUBIC)
    factor = cv2.exp(field)
    if picture.ndim == 3:
        factor = cv2.cvtColor(factor.astype(np.float32), cv2.COLOR_GRAY2RGB)
    return cv2.multiply(picture, factor, dtype=cv2.CV_8U)


def _storage(picture: np.ndarray, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """What cameras and files do: a smaller copy, blur or sharpen, noise, JPEG."""
    if options.get("shrink") and rng.random() < float(options["shrink"]):
        picture = _shrunk(picture, rng)
    if rng.random() < _strength(options, "blur"):
        sigma = rng.uniform(*options.get("blur_sigma", (0.3, 1.2)))
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    elif rng.random() < _strength(options, "sharpen"):
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        amount = rng.uniform(0.2, 1.2)
        picture = cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)
    if rng.random() < _strength(options, "noise"):
        noise = rng.normal(0, rng.uniform(*options.get("noise_levels", (2, 10))), picture.shape)
        picture = cv2.add(picture, noise, dtype=cv2.CV_8U)
    if rng.random() < _strength(options, "jpeg"):
        low, high = options.get("jpeg_quality", (30, 95))
        picture = _stored(picture, int(rng.integers(int(low), int(high), endpoint=True)))
    return picture


def _shrunk(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture after a smaller copy of it was kept, made with any kernel: the detail in between is gone."""
    side = picture.shape[0]
    small = max(1, round(side * rng.uniform(0.45, 1.0)))
    away, back = rng.choice(_KERNELS), rng.choice(_KERNELS[1:])
    copy = cv2.resize(picture, (small, small), interpolation=int(away))
    return cv2.resize(copy, (side, side), interpolation=int(back))


def _stored(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture after a JPEG of `quality`, grey (H, W) or colour (H, W, 3)."""
    how = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if picture.ndim == 2:
        return cv2.imdecode(cv2.imencode(".jpg", picture, how)[1], cv2.IMREAD_GRAYSCALE)
    # OpenCV stores blue first: only in that order does JPEG coarsen colour where cameras do.
    data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), how)[1]
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
