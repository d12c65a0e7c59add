"""MixUp and CutMix: two images of a batch and their targets in one, so that no picture can be learnt by heart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def mixed(
    pixels: np.ndarray,
    rows: np.ndarray | None,
    target: np.ndarray,
    options: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """A batch mixed with a shuffled copy of itself, or as it was: `(pixels, rows, target)`, float32.

    `pixels` (N, S, S, 3), `rows` (N, m) metadata or None, `target` (N, C) in [0, 1]. `options`: `mixup` and `cutmix`,
    the shares of batches that get the one or the other, together at most 1; `alpha` of the Beta distribution that
    draws how much of each image stays. The larger share of an image always keeps its own metadata.
    MixUp: Zhang et al. 2018. CutMix: Yun et al. 2019.
    """
    way = rng.random()
    mixup, cutmix = float(options.get("mixup", 0)), float(options.get("cutmix", 0))
    if way >= mixup + cutmix:
        return pixels, rows, target
    # At least half of every picture stays, so that the metadata still belong to what is seen most.
    kept = rng.beta(*(2 * [float(options.get("alpha", 1.0))]))
    kept = max(kept, 1 - kept)
    partner = rng.permutation(len(pixels))
    if way < mixup:
        pixels = kept * pixels + (1 - kept) * pixels[partner]
    else:
        pixels, kept = _patched(pixels, partner, kept, rng)
    return pixels.astype(np.float32), rows, (kept * target + (1 - kept) * target[partner]).astype(np.float32)


def _patched(
    pixels: np.ndarray, partner: np.ndarray, kept: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Every image with one rectangle of its partner, and the share of its own area that is still to be seen."""
    height, width = pixels.shape[1:3]
    down, across = (round(side * (1 - kept) ** 0.5) for side in (height, width))
    top, left = rng.integers(0, height - down + 1), rng.integers(0, width - across + 1)
    out = pixels.copy()
    out[:, top : top + down, left : left + across] = pixels[partner, top : top + down, left : left + across]
    return out, 1 - down * across / (height * width)
