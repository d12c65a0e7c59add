"""LIME: a straight line fitted to the scores of copies whose patches are switched off at random."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.method import Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.superpixels import mean_colours, superpixels
from util.explanation.values import Explanation
from util.language import Percent, Sentence


@dataclass(frozen=True)
class Options:
    """`samples` copies of about `segments` patches; kernel `width` and ridge `penalty` as in the lime package.

    `baseline`: what a patch shows that is off, as elsewhere, or "segments": its own mean colour, as in that package,
    where a patch of one colour can have no evidence.
    """

    samples: int
    segments: int = 50
    width: float = 0.25
    penalty: float = 1.0
    seed: int = 0
    baseline: str = "mean"


def passes(options: Options, question: Question) -> float:
    """One for each copy, the image itself among them."""
    return float(options.samples)


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """The coefficient of each superpixel in a local ridge regression of the score; the map in [-1, 1].

    Ribeiro et al., KDD 2016, doi 10.1145/2939672.2939778. `facts` hold `fit`, the share of the scores' weighted
    variance that the line explains.
    """
    watch = Stopwatch(METHOD.name, question)
    labels = superpixels(question.pixels, options.segments)
    count = int(labels.max()) + 1
    shown = np.random.default_rng(options.seed).integers(0, 2, (options.samples, count)).astype(np.uint8)
    shown[0] = 1
    own = options.baseline == "segments"
    hidden = mean_colours(question.pixels, labels) if own else without(question.pixels, options.baseline)
    image, hidden = question.pixels.astype(np.float32), hidden.astype(np.float32)

    def copies(start: int, stop: int) -> np.ndarray:
        found = np.empty((stop - start, *image.shape), np.float32)
        found[:] = hidden
        for on, picture in zip(shown[start:stop], found, strict=True):
            cv2.copyTo(image, on[labels], picture)
        return found

    scores = asker.each(options.samples, copies, question.encoded, progress)
    coefficients, fit = local_line(shown, scores, options.width, options.penalty)
    return watch.explanation(
        coefficients[labels],
        signed=True,
        passes=options.samples,
        floor=noise_of(scores) / np.sqrt(options.samples),
        grid=(round(count**0.5), round(count**0.5)),
        seed=options.seed,
        facts={"samples": options.samples, "segments": count, "fit": fit, "baseline": options.baseline},
        notes=(
            Sentence.of(f"methods.baseline_{options.baseline}"),
            Sentence.of("methods.lime_fit", fit=Percent(fit), segments=count),
        ),
    )


def local_line(
    shown: np.ndarray, scores: np.ndarray, width: float, penalty: float
) -> tuple[np.ndarray, float]:
    """Ridge coefficients (K,) of `scores` (N,) on `shown` 0 or 1 (N, K), near copies counting most; and R^2.

    The weight of a copy is sqrt(exp(-d^2 / width^2)), d its cosine distance from the whole image (the first row); the
    constant is not penalised.
    """
    x = shown.astype(np.float64)
    there = x.sum(axis=1)
    distance = 1 - np.sqrt(there / x.shape[1])  # the cosine with a row of ones; 1 where nothing is shown
    weights = np.sqrt(np.exp(-(distance**2) / width**2))
    x_mean, y_mean = (np.average(values, axis=0, weights=weights) for values in (x, scores))
    x, y = x - x_mean, scores - y_mean
    weighted = x * weights[:, None]
    found = np.linalg.solve(weighted.T @ x + penalty * np.eye(x.shape[1]), weighted.T @ y)
    total = float(weights @ y**2)
    return found, 1 - float(weights @ (y - x @ found) ** 2) / total if total > 0 else 0.0


METHOD = Method(
    name="lime",
    stem="methods.lime_",
    signed=True,
    chance=True,
    options={"fast": Options(samples=256), "full": Options(samples=1000)},
    passes=passes,
    explain=explain,
)
