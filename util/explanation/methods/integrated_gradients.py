"""Integrated Gradients: how much each pixel adds to the score on the way from a plain image to this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.method import GRADIENT_PASSES, Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence

BATCH = 16
TOLERANCE = 0.01  # of the difference of the scores
SMALLEST = 0.1  # the difference that counts as one


@dataclass(frozen=True)
class Options:
    """`steps` on the way, doubled until the sum is complete or `most` are reached; where the way starts: `baseline`."""

    steps: int
    most: int
    baseline: str = "mean"


def passes(options: Options, question: Question) -> float:
    """The first round's cost; rounds with more steps follow where the sum is not complete."""
    return GRADIENT_PASSES * options.steps + 2


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """(image - baseline) times the mean gradient on the straight way between them, channels summed; in [-1, 1].

    Sundararajan et al., ICML 2017, arXiv 1703.01365; the mean is a Gauss-Legendre quadrature. The attributions should
    add up to the difference of the two scores: `facts` hold that `difference`, the `error` that is left, the `steps`.
    """
    watch = Stopwatch(METHOD.name, question)
    image = question.pixels.astype(np.float32)
    start = without(question.pixels, options.baseline).astype(np.float32)
    ends = asker.scores(np.stack([image, start]), question.encoded)
    difference = float(ends[0] - ends[1])
    allowed = TOLERANCE * max(abs(difference), SMALLEST)
    steps, cost = options.steps, 2.0
    while True:
        attributions = (image - start) * mean_gradient(question, start, image, steps, asker, progress)
        cost += GRADIENT_PASSES * steps
        error = abs(float(attributions.sum()) - difference)
        if error <= allowed or 2 * steps > options.most:
            break
        steps *= 2
    terms = attributions.sum(axis=-1)  # (H, W)
    return watch.explanation(
        terms,
        signed=True,
        passes=cost,
        floor=noise_of(ends) / terms.size,
        facts={
            "steps": steps,
            "difference": difference,
            "error": error,
            "allowed": allowed,
            "baseline": options.baseline,
        },
        notes=(
            Sentence.of(f"methods.baseline_{options.baseline}"),
            Sentence.of(
                "methods.complete" if error <= allowed else "methods.incomplete",
                steps=steps,
                difference=difference,
                error=error,
                allowed=allowed,
            ),
        ),
    )


def mean_gradient(
    question: Question,
    start: np.ndarray,
    image: np.ndarray,
    steps: int,
    asker: Asker,
    progress: Progress | None,
) -> np.ndarray:
    """The mean float64 (H, W, 3) of the gradient between `start` and `image`, by a quadrature of `steps` points."""
    places, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1]
    places, weights = (places + 1) / 2, weights / 2
    mean = np.zeros(image.shape, np.float64)
    for first in range(0, steps, BATCH):
        asker.check()
        along = places[first : first + BATCH, None, None, None].astype(np.float32)
        pixels = start + along * (image - start)
        rows = None if question.encoded is None else np.repeat(question.encoded, len(pixels), axis=0)
        _, gradient = question.network.input_gradient(pixels, rows, question.target)
        mean += np.tensordot(weights[first : first + BATCH], gradient, 1)
        if progress:
            progress(first + len(pixels), steps)
    return mean


METHOD = Method(
    name="integrated_gradients",
    stem="methods.integrated_gradients_",
    signed=True,
    chance=False,
    options={"fast": Options(steps=32, most=32), "full": Options(steps=32, most=256)},
    passes=passes,
    explain=explain,
)
