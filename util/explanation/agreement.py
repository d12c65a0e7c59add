"""How far maps of the same picture and class agree: rank correlation, structural similarity, overlap of the top.

Agreement between methods is not truth: methods that share an idea agree with one another even where all are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from util.language import Sentence, entries

TOP = 0.2  # the share of the picture whose overlap is taken
MATRICES = ("spearman", "ssim", "overlap")
# Wang et al. 2004: a Gaussian window of 11 pixels with sigma 1.5, and the two constants for a range of 1.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2


@dataclass(frozen=True)
class Agreement:
    """Three symmetric matrices (n, n) of the maps `names`: `spearman` and `ssim` in [-1, 1], `overlap` in [0, 1].

    Their diagonals are 1; the row and column of a map in `empty` (no positive evidence, or none that differs from
    place to place) are NaN: such a map agrees with nothing, not even with itself.
    """

    names: tuple[str, ...]
    spearman: np.ndarray
    ssim: np.ndarray
    overlap: np.ndarray
    empty: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in MATRICES:
            getattr(self, name).setflags(write=False)

    def mean(self, matrix: str = "spearman") -> float | None:
        """The mean of `matrix` over all pairs of two maps with evidence; None where there is no such pair."""
        values = getattr(self, matrix)[np.triu_indices(len(self.names), 1)]
        values = values[np.isfinite(values)]
        return float(values.mean()) if values.size else None

    def notes(self) -> tuple[Sentence, ...]:
        """One sentence for each map that has no agreement, saying why."""
        return tuple(Sentence.of("measures.no_agreement", name=said(name)) for name in self.empty)


def agreement(maps: Mapping[str, np.ndarray]) -> Agreement:
    """The agreement of `maps`, name to heat float (H, W), pair by pair.

    What is compared is evidence for the class (`evidence`): negative parts count as none, since most methods give
    none. Maps of several sizes are brought to the smallest height and width among them. Spearman's coefficient with
    mean ranks for ties; SSIM (Wang et al. 2004, doi 10.1109/TIP.2003.819861); intersection over union of the top 20 %
    (`top`). Raises ValueError for no maps, or for one that is not finite or not (H, W).
    """
    if not maps:
        raise ValueError("expected at least one map, received none")
    names = tuple(maps)
    plain = [evidence(maps[name]) for name in names]
    height, width = np.min([heat.shape for heat in plain], axis=0)
    plain = [fitted(heat, height, width) for heat in plain]
    some = [i for i, heat in enumerate(plain) if has_range(heat)]
    found = {name: np.full((len(names), len(names)), np.nan) for name in MATRICES}
    standard = {i: _standard_ranks(plain[i]) for i in some}
    tops = {i: top(plain[i]) for i in some}
    for i in some:
        for j in some[some.index(i) :]:
            same = i == j
            values = (
                1.0 if same else _correlation(standard[i], standard[j]),
                1.0 if same else ssim(plain[i], plain[j]),
                iou(tops[i], tops[j]),
            )
            for name, value in zip(MATRICES, values, strict=True):
                found[name][i, j] = found[name][j, i] = value
    empty = tuple(name for i, name in enumerate(names) if i not in some)
    return Agreement(names, **found, empty=empty)


def evidence(heat: np.ndarray) -> np.ndarray:
    """The positive part of `heat` (H, W) with maximum 1, float64; all zero where there is none.

    Raises ValueError for a map that is not finite or not (H, W).
    """
    heat = np.asarray(heat, np.float64)
    if heat.ndim != 2 or not heat.size or not np.isfinite(heat).all():
        raise ValueError(f"expected a finite map (H, W), received shape {heat.shape}")
    positive = np.maximum(heat, 0)
    peak = positive.max()
    return positive / peak if peak > 0 else positive


def fitted(heat: np.ndarray, height: int, width: int) -> np.ndarray:
    """`heat` float64 at (height, width): reduced by averaging, enlarged bilinearly, or itself."""
    if heat.shape == (height, width):
        return heat
    smaller = heat.shape[0] >= height and heat.shape[1] >= width
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(heat, (int(width), int(height)), interpolation=way)


def has_range(heat: np.ndarray) -> bool:
    """Whether `heat` differs from place to place."""
    return bool(np.ptp(heat) > 0)


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation in [-1, 1] of two arrays of one shape; NaN where one has no range."""
    if not (has_range(one) and has_range(other)):
        return float("nan")
    return _correlation(_standard_ranks(one), _standard_ranks(other))


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks float64 from 1 in the shape of `values`, ties sharing their mean rank."""
    from scipy.stats import rankdata  # here, since it takes a second to import and no first page needs it

    return rankdata(values, axis=None).reshape(values.shape)


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (n,) with mean 0 and length 1, ties sharing their mean rank: their dot product is the coefficient."""
    ranks = mean_ranks(values).ravel()
    ranks -= ranks.mean()
    return ranks / np.linalg.norm(ranks)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.clip(one @ other, -1, 1))


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Structural similarity in [-1, 1] of two maps (H, W) with values in a range of 1 (Wang et al. 2004).

    Gaussian window of 11 pixels, sigma 1.5; the mean leaves out the 5 pixels at each edge where the window has no
    whole picture under it, unless a map is too small for that. NaN where a map has no range: two blank maps are no
    agreement.
    """
    if not (has_range(one) and has_range(other)):
        return float("nan")
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    mean_1, mean_2 = _blurred(one), _blurred(other)
    variance = _blurred(one * one) - mean_1**2 + _blurred(other * other) - mean_2**2
    together = _blurred(one * other) - mean_1 * mean_2
    means = (2 * mean_1 * mean_2 + _C1) / (mean_1**2 + mean_2**2 + _C1)
    similar = means * (2 * together + _C2) / (variance + _C2)
    edge = _WINDOW // 2
    inner = similar[edge:-edge, edge:-edge] if min(similar.shape) >= _WINDOW else similar
    return float(inner.mean())


def _blurred(heat: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(heat, (_WINDOW, _WINDOW), _SIGMA, borderType=cv2.BORDER_REFLECT)


def top(heat: np.ndarray, share: float = TOP) -> np.ndarray:
    """Boolean (H, W): the strongest `share` of the pixels of `heat`, of those with any positive evidence.

    Pixels as strong as the weakest one taken are taken too: which of them lie first in memory says nothing.
    """
    count = max(1, round(share * heat.size))
    weakest = np.partition(heat, heat.size - count, axis=None)[heat.size - count]
    return (heat >= weakest) & (heat > 0)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union in [0, 1] of two boolean arrays; NaN where both are empty."""
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else float("nan")


def said(name: str) -> Sentence | str:
    """The name of a method or control for people; `name` itself where the catalogue has none."""
    for room in ("methods", "measures"):
        if f"{room}.{name}" in entries():
            return Sentence.of(f"{room}.{name}")
    return name
