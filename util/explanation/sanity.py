"""Whether a map depends on what the network learned: the layers forget it one after another, and the map must change.

Adebayo et al. 2018 (arXiv 1810.03292). A map that stays as it was explains the picture, not the network: that is why
every likeness is printed beside the likeness to the edges of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from util.explanation.agreement import evidence, fitted, has_range, said, spearman, ssim
from util.explanation.controls import edge_map
from util.language import Sentence
from util.modelstore import Network
from util.modelstore.card import Card
from util.modelstore.randomised import STAGES, randomised_network

KEPT = 0.5  # a map more like the trained one than this, by rank, once nothing learned is left, did not depend on it


@dataclass(frozen=True)
class Likeness:
    """How alike two maps are, `spearman` and `ssim` each in [-1, 1]; None where one of them has no evidence."""

    spearman: float | None
    ssim: float | None


@dataclass(frozen=True)
class Sanity:
    """A method's maps while the network forgets: one entry a stage, stage 0 (trained) first.

    `trained` the likeness to the trained network's map, `edges` that to the edges of the picture.
    """

    trained: tuple[Likeness, ...]
    edges: tuple[Likeness, ...]

    @property
    def kept(self) -> bool | None:
        """Whether the map survived the loss of all that was learned; None where the first or last map is empty."""
        left = self.trained[-1].spearman
        return None if left is None else left > KEPT

    def sentence(self, name: str) -> Sentence:
        """The outcome for the method `name`, with its figures and the limit they are held against."""
        if self.kept is None:
            return Sentence.of("measures.sanity_empty", name=said(name))
        return Sentence.of(
            "measures.sanity_fails" if self.kept else "measures.sanity_passes",
            name=said(name),
            left=self.trained[-1].spearman,
            limit=KEPT,
            stages=len(self.trained) - 1,
        )


def cascade(card: Card, *, seed: int = 0, stages: int = STAGES) -> Iterator[tuple[int, Network]]:
    """Stage and network, from stage 1 (a new output layer) to `stages` (nothing learned is left), one at a time.

    Each network is loaded when it is asked for, and free once the next one is asked for and the caller let go of it.
    """
    for stage in range(1, stages + 1):
        yield stage, randomised_network(card, stage, seed=seed, stages=stages)


def sanity(maps: Sequence[np.ndarray], pixels: np.ndarray) -> Sanity:
    """The likeness of `maps` float (H, W), the trained network's first, to that one and to the edges of `pixels`.

    Compared is positive evidence, as in `agreement`. Raises ValueError for fewer than two maps, or one that is not
    finite or not (H, W).
    """
    if len(maps) < 2:
        raise ValueError(f"expected the trained map and at least one more, received {len(maps)}")
    plain = [evidence(heat) for heat in maps]
    edges = fitted(edge_map(pixels).astype(np.float64), *plain[0].shape)
    return Sanity(
        tuple(likeness(plain[0], heat) for heat in plain),
        tuple(likeness(edges, heat) for heat in plain),
    )


def likeness(one: np.ndarray, other: np.ndarray) -> Likeness:
    """The `Likeness` of two maps (H, W) of one size with values in [0, 1]."""
    if not (has_range(one) and has_range(other)):
        return Likeness(None, None)
    return Likeness(spearman(one, other), ssim(one, other))
