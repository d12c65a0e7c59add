"""Greys of more than 8 bits become 8 bits, by a rule that a person is told."""

from __future__ import annotations

import numpy as np

from util.language import Sentence

# Below this share of its range a deep picture would fall to a few dozen greys: it is stretched instead.
_NARROW = 0.25
_ROWS_AT_ONCE = 1 << 20


def eight_bits(values: np.ndarray) -> tuple[np.ndarray, Sentence | None]:
    """Whole greys (H, W) as uint8 with the sentence that says how; None where they come back unchanged.

    The range is that of the bits in use (12-bit greys in a 16-bit file: 0 to 4095), so that an
    8-bit picture stored with 16 bits comes back unchanged. Where the middle 99.8 % of the pixels cover
    less than a quarter of it, or some are negative, that span is stretched to 0 to 255.
    """
    low, high = int(values.min()), int(values.max())
    bits = max(8, high.bit_length())
    top = (1 << bits) - 1
    start, end = _span(values)
    if low < 0:
        return stretch(values, start, end), Sentence.of("imaging.unscaled")
    if end - start < _NARROW * top:
        return stretch(values, start, end), Sentence.of("imaging.stretched")
    notice = Sentence.of("imaging.bits_in_use", bits=bits) if bits > 8 else None
    return stretch(values, 0, top), notice


def float_bits(values: np.ndarray) -> tuple[np.ndarray, Sentence]:
    """Real greys (H, W) as uint8: [0, 1] times 255; anything else stretched; not-a-number is lowest."""
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    low, high = float(values.min()), float(values.max())
    within = low >= 0 and high <= 1
    if within and high > 0.5:
        return stretch(values, 0.0, 1.0), Sentence.of("imaging.unit_range")
    key = "imaging.stretched" if within else "imaging.unscaled"
    return stretch(values, *_span(values)), Sentence.of(key)


def stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """`values` (H, W) as uint8: `low` to 0, `high` to 255, linear between, cut outside."""
    out = np.zeros(values.shape, np.uint8)
    if not high > low:
        return out
    step = max(1, _ROWS_AT_ONCE // max(1, values.shape[1]))
    for row in range(0, values.shape[0], step):
        part = values[row : row + step].astype(np.float64)
        # Halves first: a range of finite doubles may not itself be finite.
        share = (part / 2 - low / 2) / (high / 2 - low / 2)
        out[row : row + step] = np.rint(np.clip(share, 0, 1) * 255)
    return out


def _span(values: np.ndarray) -> tuple[float, float]:
    """The 0.1st and 99.9th percentile, over at most about a million evenly spaced pixels."""
    every = max(1, int(np.sqrt(values.size / 1e6)))
    low, high = np.percentile(values[::every, ::every].astype(np.float64), (0.1, 99.9), method="nearest")
    return float(low), float(high)
