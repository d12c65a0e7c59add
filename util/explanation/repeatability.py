"""Whether a method gives the same map twice: under other seeds, or for a picture that nobody could tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from util.explanation.agreement import spearman
from util.language import Sentence

RUNS = 5
NOISE = 2.0  # grey levels of 255: below what an eye or a JPEG at quality 75 keeps


@dataclass(frozen=True)
class Repeatability:
    """How alike the maps of `runs` runs are: `similarity` in [-1, 1], the mean Spearman coefficient of all pairs.

    None where fewer than two maps had evidence; `empty` is how many had none. `spread` is 1 - similarity.
    """

    similarity: float | None
    runs: int
    empty: int

    @property
    def spread(self) -> float | None:
        """1 - similarity in [0, 2]: 0 where every run gave the same order of pixels; None without a similarity."""
        return None if self.similarity is None else 1 - self.similarity

    def sentence(self) -> Sentence:
        """What was found, in one sentence."""
        if self.similarity is None:
            return Sentence.of("measures.not_repeatable", runs=self.runs, empty=self.empty)
        key = "measures.repeatability_some" if self.empty else "measures.repeatability"
        return Sentence.of(
            key, runs=self.runs, empty=self.empty, similarity=self.similarity, spread=self.spread
        )


def repeatability(maps: Sequence[np.ndarray]) -> Repeatability:
    """The repeatability of one method whose runs gave `maps`, float (H, W) of one size.

    Signs count: the whole order of pixels is compared. Runs without evidence are left out and counted. Raises
    ValueError for fewer than two maps, and for one that is not finite.
    """
    if len(maps) < 2:
        raise ValueError(f"expected at least 2 maps, received {len(maps)}")
    if not all(np.isfinite(heat).all() for heat in maps):
        raise ValueError("expected finite maps, received NaN or infinity")
    some = [heat for heat in maps if np.ptp(heat) > 0]
    pairs = [spearman(one, other) for one, other in combinations(some, 2)]
    return Repeatability(float(np.mean(pairs)) if pairs else None, len(maps), len(maps) - len(some))


def noisy_copies(
    pixels: np.ndarray, runs: int = RUNS, noise: float = NOISE, seed: int = 0
) -> tuple[np.ndarray, ...]:
    """`runs` copies of `pixels` uint8 (H, W, 3) with Gaussian noise of `noise` grey levels; the same for one `seed`."""
    rng = np.random.default_rng(seed)
    drawn = (pixels + rng.normal(0, noise, pixels.shape) for _ in range(runs))
    return tuple(np.clip(np.rint(copy), 0, 255).astype(np.uint8) for copy in drawn)
