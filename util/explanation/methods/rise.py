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
    """Smooth random masks in [0, 1]: small grids of zeros and ones, enlarged and shifted by part of a cell.

    Enlarging is linear, down and across apart: a mask is `down @ grid @ across.T`, with one matrix for every shift.
    """

    def __init__(self, options: Options, size: tuple[int, int]) -> None:
        random = np.random.default_rng(options.seed)
        cell = tuple(-(-side // options.cells) for side in size)  # rounded up
        shape = (options.masks, options.cells, options.cells)
        self._grids = (random.random(shape) < options.visible).astype(np.float32)
        self._shifts = random.integers(0, cell, (options.masks, 2))
        # A matrix for every shift: (shifts, side, cells).
        self._down, self._across = (enlarging(options.cells, *pair) for pair in zip(cell, size, strict=True))
        self._coloured = np.repeat(self._across, 3, axis=1)  # a row for each colour of a pixel

    def __getitem__(self, part: slice) -> np.ndarray:
        """Some of the masks, float32 (n, H, W)."""
        down, across = self._shifts[part].T
        return self._down[down] @ (self._grids[part] @ self._across[across].transpose(0, 2, 1))

    def shown(self, start: int, stop: int, image: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        """`image` float32 (H, W, 3) behind each of some masks, and `hidden` where it is not seen: (n, H, W, 3)."""
        found = np.empty((stop - start, *image.shape), np.float32)
        height, width, colours = image.shape
        difference = image - hidden
        for one, picture in enumerate(found, start):
            down, across = self._shifts[one]
            flat = picture.reshape(height, width * colours)
            np.matmul(self._down[down], self._grids[one] @ self._coloured[across].T, out=flat)
            picture *= difference
            picture += hidden
        return found

    def gathered(self, weights: np.ndarray) -> np.ndarray:
        """The sum float64 (H, W) of all masks times `weights` (N,)."""
        total = np.zeros((self._down.shape[1], self._across.shape[1]))
        weighted = self._grids * weights[:, None, None]
        for shift, down in enumerate(self._down):
            chosen = self._shifts[:, 0] == shift
            across = self._across[self._shifts[chosen, 1]].transpose(0, 2, 1)
            total += down @ (weighted[chosen] @ across).sum(axis=0)
        return total


def enlarging(cells: int, cell: int, side: int) -> np.ndarray:
    """What `cells` values are multiplied with to fill `side` pixels, a matrix for each shift below `cell`.

    Float32 (cell, side, cells).
    """
    # Bilinear as in OpenCV, to a cell more than there is: room for the shift.
    whole = cv2.resize(
        np.eye(cells, dtype=np.float32), (cells, (cells + 1) * cell), interpolation=cv2.INTER_LINEAR
    )
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

    scores = asker.each(
        options.masks,
        lambda start, stop: masks.shown(start, stop, image, hidden),
        question.encoded,
        progress,
    )
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
