"""Occlusion sensitivity: how far the score falls when a patch is covered, from large patches to small ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.grad_cam import enlarged
from util.explanation.method import Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence


@dataclass(frozen=True)
class Options:
    """`levels`, each (cells a side, cells a patch has a side): all patches of a level are covered in turn.

    `baseline`: what a covered patch shows.
    """

    levels: tuple[tuple[int, int], ...]
    baseline: str = "mean"


def passes(options: Options, question: Question) -> float:
    """One for each patch; the score of the image itself is known."""
    return float(sum((cells - wide + 1) ** 2 for cells, wide in fitting(options.levels, question.size)))


def fitting(levels: tuple[tuple[int, int], ...], size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The levels whose cells have at least a pixel."""
    return tuple((cells, wide) for cells, wide in levels if cells <= min(size))


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """The fall of the score under every patch, averaged over the patches that cover a cell, then over levels; [-1, 1].

    Zeiler and Fergus, ECCV 2014, arXiv 1311.2901, on several scales: large patches find what small ones cannot remove.
    """
    watch = Stopwatch(METHOD.name, question)
    levels = fitting(options.levels, question.size)
    image, cover = (
        array.astype(np.float32) for array in (question.pixels, without(question.pixels, options.baseline))
    )
    patches = [patch for level in levels for patch in windows(*level, question.size)]

    def covered(start: int, stop: int) -> np.ndarray:
        copies = np.empty((stop - start, *image.shape), np.float32)
        copies[:] = image
        for copy, (top, bottom, left, right) in zip(copies, patches[start:stop], strict=True):
            copy[top:bottom, left:right] = cover[top:bottom, left:right]
        return copies

    scores = asker.each(len(patches), covered, question.encoded, progress)
    falls = question.score - scores
    maps, done = [], 0
    for cells, wide in levels:
        places = cells - wide + 1
        fall = falls[done : done + places**2].reshape(places, places)
        maps.append(enlarged(over_cells(fall, cells, wide), *question.size))
        done += places**2
    finest = max(cells for cells, _ in levels)
    return watch.explanation(
        np.mean(maps, axis=0),
        signed=True,
        passes=len(scores),
        floor=noise_of(scores),
        grid=(finest, finest),
        facts={"patches": len(patches), "baseline": options.baseline},
        notes=(Sentence.of(f"methods.baseline_{options.baseline}"),),
    )


def windows(cells: int, wide: int, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Top, bottom, left and right of every patch of one level, row by row."""
    down, across = (np.linspace(0, side, cells + 1).round().astype(int) for side in size)
    places = range(cells - wide + 1)
    return [(down[i], down[i + wide], across[j], across[j + wide]) for i in places for j in places]


def over_cells(falls: np.ndarray, cells: int, wide: int) -> np.ndarray:
    """The mean fall (cells, cells) of the patches over each cell."""
    total, count = np.zeros((cells, cells)), np.zeros((cells, cells))
    for (i, j), fall in np.ndenumerate(falls):
        total[i : i + wide, j : j + wide] += fall
        count[i : i + wide, j : j + wide] += 1
    return total / count


METHOD = Method(
    name="occlusion",
    stem="methods.occlusion_",
    signed=True,
    chance=False,
    # 16 + 36 + 144 = 196 patches, and 49 + 196 + 729 = 974.
    options={
        "fast": Options(levels=((4, 1), (6, 1), (12, 1))),
        "full": Options(levels=((7, 1), (14, 1), (28, 2))),
    },
    passes=passes,
    explain=explain,
)
