"""One map of several: where all of them rank the picture high."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from util.explanation.agreement import evidence, fitted, has_range, mean_ranks

NAME = "consensus"  # what it is called beside the methods


def consensus(maps: Iterable[np.ndarray]) -> np.ndarray | None:
    """The mean of rank-normalised maps (`ranked`): float32 (H, W) in [0, 1]; None where no map has evidence.

    Ranks let no method speak louder than another for having a sharper peak. Negative parts count as no evidence;
    maps without range are left out; maps of several sizes are brought to the smallest height and width among them.
    Raises ValueError for a map that is not finite or not (H, W).
    """
    plain = [heat for heat in map(evidence, maps) if has_range(heat)]
    if not plain:
        return None
    height, width = np.min([heat.shape for heat in plain], axis=0)
    return np.mean([ranked(fitted(heat, height, width)) for heat in plain], axis=0).astype(np.float32)


def ranked(heat: np.ndarray) -> np.ndarray:
    """The ranks of `heat` (H, W), ties sharing their mean rank, stretched to [0, 1]; zeros without range."""
    ranks = mean_ranks(heat)
    spread = np.ptp(ranks)
    return (ranks - ranks.min()) / spread if spread > 0 else np.zeros(heat.shape)
