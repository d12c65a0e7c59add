"""Eight ways in which a picture goes bad before it is uploaded, each at five strengths.

After Hendrycks & Dietterich 2019 (ImageNet-C), for medical pictures of any size: lengths are shares of the short side,
so that a full frame and its small copy are harmed alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from util.training.evaluation.asking import Change

STRENGTHS = (1, 2, 3, 4, 5)

# What each strength is worth. blur: standard deviation as a share of the short side (of a 224-pixel film 0.9 to 5.4
# pixels); noise: standard deviation as a share of white; gamma: the exponent, or 1 over it, by chance; contrast:
# the factor that is left around each channel's mean; jpeg: quality; rotation: degrees, either way, mirrored at the
# border; crop: the share of each side that is cut away, anywhere; hair: how many dark hairs lie across.
PARAMETERS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "blur": (0.004, 0.007, 0.011, 0.016, 0.024),
        "noise": (0.03, 0.06, 0.09, 0.13, 0.18),
        "gamma": (1.25, 1.5, 1.8, 2.2, 2.8),
        "contrast": (0.75, 0.6, 0.45, 0.3, 0.2),
        "jpeg": (60, 40, 25, 15, 8),
        "rotation": (5, 10, 15, 22, 30),
        "crop": (0.05, 0.1, 0.15, 0.2, 0.3),
        "hair": (4, 8, 14, 22, 32),
    }
)
# Hairs lie on skin only.
_ON_SKIN = ("hair",)


def names(modality: str) -> tuple[str, ...]:
    """The corruptions that a picture of `modality` can suffer."""
    return tuple(name for name in PARAMETERS if modality == "skin" or name not in _ON_SKIN)


def corrupted(pixels: np.ndarray, name: str, strength: int, rng: np.random.Generator) -> np.ndarray:
    """`pixels` uint8 (H, W) or (H, W, 3) under corruption `name` at `strength` 1 to 5, uint8; KeyError without it."""
    return _WAYS[name](pixels, PARAMETERS[name][strength - 1], rng)


def change(name: str, strength: int) -> Change:
    """`corrupted` as a change of a picture, for `asking.asked`."""
    return lambda pixels, rng: corrupted(pixels, name, strength, rng)


def _blur(pixels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), share * min(pixels.shape[:2]), borderType=cv2.BORDER_REFLECT_101)


def _noise(pixels: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    shape = pixels.shape
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        shape = (*shape[:2], 1)  # a film that is stored in colour has grey noise
    return _bytes(pixels + 255 * deviation * rng.standard_normal(shape, np.float32))


def _gamma(pixels: np.ndarray, exponent: float, rng: np.random.Generator) -> np.ndarray:
    exponent = exponent if rng.random() < 0.5 else 1 / exponent
    return _bytes(255 * (np.arange(256) / 255) ** exponent)[pixels]


def _contrast(pixels: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    mean = pixels.mean(axis=(0, 1), keepdims=True)
    return _bytes((pixels - mean) * factor + mean)


def _jpeg(pixels: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    return stored(pixels, int(quality))


def stored(pixels: np.ndarray, quality: int) -> np.ndarray:
    """`pixels` uint8 after they were stored as JPEG of `quality` 1 to 100, colour halved as cameras do."""
    colour = pixels.ndim == 3
    _, data = cv2.imencode(
        ".jpg",
        cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if colour else pixels,
        [cv2.IMWRITE_JPEG_QUALITY, quality],
    )
    read = cv2.imdecode(data, cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE)
    return cv2.cvtColor(read, cv2.COLOR_BGR2RGB) if colour else read


def _rotation(pixels: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    if min(height, width) < 2:
        return pixels.copy()  # a line has nothing to mirror: OpenCV would look for it forever
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), rng.choice((-1, 1)) * degrees, 1.0)
    # Mirrored, not black: a black corner would be a second corruption.
    return cv2.warpAffine(
        pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )


def _crop(pixels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    down, across = round(share * height), round(share * width)
    top, left = int(rng.integers(down + 1)), int(rng.integers(across + 1))
    return np.ascontiguousarray(pixels[top : top + height - down, left : left + width - across])


def _hair(pixels: np.ndarray, count: float, rng: np.random.Generator) -> np.ndarray:
    """Dark curved lines across the picture, each a quadratic Bezier curve; thickness 0.4 to 1 % of the short side."""
    height, width = pixels.shape[:2]
    side, scale = min(height, width), 8  # drawn between pixels: fixed-point coordinates with three bits
    cover = np.zeros((height, width), np.float32)
    along = np.linspace(0, 1, 24)[:, None]
    for _ in range(int(count)):
        start = rng.uniform(-0.1, 1.1, 2) * (width, height)
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.1) * side
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        bend = (start + end) / 2 + rng.uniform(-0.25, 0.25, 2) * length
        curve = (1 - along) ** 2 * start + 2 * along * (1 - along) * bend + along**2 * end
        line = np.zeros((height, width), np.uint8)
        thickness = max(1, round(rng.uniform(0.004, 0.01) * side))
        points = np.round(curve * scale).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(line, [points], False, 255, thickness, cv2.LINE_AA, shift=3)
        cover = np.maximum(cover, line.astype(np.float32) / 255 * rng.uniform(0.6, 0.95))
    colour = np.array([58, 42, 34], np.float32) * rng.uniform(0.5, 1.2)
    if pixels.ndim == 2:
        return _bytes(pixels * (1 - cover) + colour.mean() * cover)
    return _bytes(pixels * (1 - cover[..., None]) + colour * cover[..., None])


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_WAYS: Mapping[str, Callable[[np.ndarray, float, np.random.Generator], np.ndarray]] = {
    "blur": _blur,
    "noise": _noise,
    "gamma": _gamma,
    "contrast": _contrast,
    "jpeg": _jpeg,
    "rotation": _rotation,
    "crop": _crop,
    "hair": _hair,
}
