"""RISE: the mean score of the image under random masks that leave a pixel visible."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.method import Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence


@dataclass(frozen=True)
class Options:
    """`masks` of `cells` x `cells` cells, each visible with probability `visible`; `baseline`: what hides the rest."""

    masks: int
    cells: int = 7
    visible: float = 0.5
    seed: int = 0
    baseline: str = "mean"


class Masks:
    """Smooth random masks in [0, 1]: small grids of zeros and ones, enlarged and shifted by part of a cell."""

    def __init__(self, options: Options, size: tuple[int, int]) -> None:
        random = np.random.default_rng(options.seed)
        self._size = size
        self._cell = tuple(-(-side // options.cells) for side in size)  # rounded up
        self._cells = options.cells
        shape = (options.masks, options.cells, options.cells)
        self._grids = (random.random(shape) < options.visible).astype(np.float32)
        self._shifts = random.integers(0, self._cell, (options.masks, 2))

    def __getitem__(self, part: slice) -> np.ndarray:
        """Some of the masks, float32 (n, H, W)."""
        wide = tuple((self._cells + 1) * cell for cell in self._cell)
        found = []
        for grid, (down, across) in zip(self._grids[part], self._shifts[part], strict=True):
            large = cv2.resize(grid, wide[::-1], interpolation=cv2.INTER_LINEAR)
            found.append(large[down : down + self._size[0], across : across + self._size[1]])
        return np.stack(found)


def passes(options: Options, question: Question) -> float:
    """One for each mask."""
    return float(options.masks)


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """The mean score of the masks that show a pixel, less the mean of all masks; the map in [-1, 1].

    Petsiuk et al., BMVC 2018, arXiv 1806.07421, with the share of time that a pixel was seen counted and not assumed.
    """
    watch = Stopwatch(METHOD.name, question)
    masks = Masks(options, question.size)
    image, hidden = (
        array.astype(np.float32) for array in (question.pixels, without(question.pixels, options.baseline))
    )

    def masked(start: int, stop: int) -> np.ndarray:
        return hidden + masks[start:stop][..., None] * (image - hidden)

    scores = asker.each(options.masks, masked, question.encoded, progress)
    above = scores - scores.mean()
    total, seen = np.zeros(question.size), np.zeros(question.size)
    for start in range(0, options.masks, asker.batch):
        some = masks[start : start + asker.batch]
        total += np.tensordot(above[start : start + asker.batch], some, 1)
        seen += some.sum(axis=0)
    return watch.explanation(
        total / np.maximum(seen, 1e-6),
        signed=True,
        passes=options.masks,
        # Noise of single scores averages out over the masks.
        floor=noise_of(scores) / np.sqrt(options.masks),
        grid=(options.cells, options.cells),
        seed=options.seed,
        facts={"masks": options.masks, "baseline": options.baseline},
        notes=(Sentence.of(f"methods.baseline_{options.baseline}"),),
    )


METHOD = Method(
    name="rise",
    stem="methods.rise_",
    signed=True,
    chance=True,
    options={"fast": Options(masks=256), "full": Options(masks=4000)},
    passes=passes,
    explain=explain,
)
