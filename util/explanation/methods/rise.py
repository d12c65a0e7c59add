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

    def __getitem__(self, one: int) -> np.ndarray:
        """One of the masks, float32 (H, W)."""
        height, width = ((self._cells + 1) * cell for cell in self._cell)
        down, across = self._shifts[one]
        large = cv2.resize(self._grids[one], (width, height), interpolation=cv2.INTER_LINEAR)
        return large[down : down + self._size[0], across : across + self._size[1]]

    def gathered(self, weights: np.ndarray) -> np.ndarray:
        """The sum float64 (H, W) of all masks times `weights` (N,), without drawing the masks.

        Enlarging is linear, down and across apart: a mask is `down @ grid @ across.T`, with matrices that its shift
        alone decides; what masks of one shift down have in common is added up before it is enlarged.
        """
        down, across = (_enlarging(self._cells, *pair) for pair in zip(self._cell, self._size, strict=True))
        wide = np.zeros((len(down), self._cells, self._size[1]))
        weighted = self._grids * weights[:, None, None]
        for shift, sums in enumerate(wide):
            chosen = self._shifts[:, 0] == shift
            sums += (weighted[chosen] @ across[self._shifts[chosen, 1]].transpose(0, 2, 1)).sum(axis=0)
        return np.tensordot(down, wide, ((0, 2), (0, 1)))


def _enlarging(cells: int, cell: int, side: int) -> np.ndarray:
    """What `cells` values are multiplied with to fill `side` pixels, a matrix for each shift below `cell`.

    Float64 (cell, side, cells).
    """
    whole = cv2.resize(np.eye(cells), (cells, (cells + 1) * cell), interpolation=cv2.INTER_LINEAR)
    return np.stack([whole[shift : shift + side] for shift in range(cell)])


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

    difference = image - hidden

    def masked(start: int, stop: int) -> np.ndarray:
        found = np.empty((stop - start, *image.shape), np.float32)
        for one, picture in enumerate(found, start):
            # A copy for each colour, so that the products run on long rows; no library's own threads, which would
            # take the processor from the network.
            cv2.merge([masks[one]] * image.shape[-1], picture)
            picture *= difference
            picture += hidden
        return found

    scores = asker.each(options.masks, masked, question.encoded, progress)
    total, seen = masks.gathered(scores - scores.mean()), masks.gathered(np.ones(options.masks))
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
