"""Integrated Gradients: how much each pixel adds to the score on the way from a plain image to this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.method import GRADIENT_PASSES, Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence

NODES = 8
TOLERANCE = 0.01  # of the difference of the scores
SMALLEST = 0.1  # the difference that counts as one


@dataclass(frozen=True)
class Options:
    """`steps` on the way; more, up to `most`, where it is not followed well; it starts at `baseline`."""

    steps: int
    most: int
    baseline: str = "mean"


@dataclass(frozen=True)
class Stretch:
    """The way from `start` to `stop` in [0, 1]: the `scores` at its ends and the attributions (H, W) gathered on it."""

    start: float
    stop: float
    scores: tuple[float, float]
    terms: np.ndarray

    @property
    def error(self) -> float:
        """How far the attributions miss the difference of the scores at the ends."""
        return float(self.terms.sum()) - (self.scores[1] - self.scores[0])


def passes(options: Options, question: Question) -> float:
    """The cost of the first steps; more follow where the sum is not complete."""
    return GRADIENT_PASSES * options.steps + max(1, options.steps // NODES) + 1


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """(image - baseline) times the mean gradient on the straight way between them, channels summed; in [-1, 1].

    Sundararajan et al., ICML 2017, arXiv 1703.01365; the mean is a Gauss-Legendre quadrature on equal stretches, of
    which the one that misses its own difference of scores most is halved until the attributions add up to the
    difference of the two scores: `facts` hold that `difference`, the `error` that is left and the `steps` it took.
    """
    watch = Stopwatch(METHOD.name, question)
    image = question.pixels.astype(np.float32)
    start = without(question.pixels, options.baseline).astype(np.float32)
    nodes = min(NODES, options.steps)
    before, steps = asker.passes, 0

    def at(places: np.ndarray) -> np.ndarray:
        return start + places[:, None, None, None].astype(np.float32) * (image - start)

    def gathered(edges: np.ndarray, ends: np.ndarray) -> list[Stretch]:
        """The stretches between `edges`, whose scores are `ends`."""
        nonlocal steps
        found = []
        for low, high, pair in zip(edges[:-1], edges[1:], zip(ends[:-1], ends[1:], strict=True), strict=True):
            asker.check()
            terms = ((image - start) * integral(question, at, low, high, nodes)).sum(axis=-1)
            found.append(Stretch(low, high, pair, terms))
            steps += nodes
            if progress:
                progress(min(steps, options.steps), options.steps)
        return found

    edges = np.linspace(0, 1, max(1, options.steps // NODES) + 1)
    ends = asker.scores(at(edges), question.encoded)
    difference = float(ends[-1] - ends[0])
    allowed = TOLERANCE * max(abs(difference), SMALLEST)
    stretches = gathered(edges, ends)
    while abs(sum(one.error for one in stretches)) > allowed and steps + 2 * nodes <= options.most:
        worst = max(stretches, key=lambda one: abs(one.error))
        stretches.remove(worst)
        edges = np.linspace(worst.start, worst.stop, 3)
        middle = asker.scores(at(edges[1:2]), question.encoded)[0]
        stretches += gathered(edges, np.array([worst.scores[0], middle, worst.scores[1]]))
    terms = np.sum([one.terms for one in stretches], axis=0)
    error = abs(float(terms.sum()) - difference)
    return watch.explanation(
        terms,
        signed=True,
        passes=asker.passes - before + GRADIENT_PASSES * steps,
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


def integral(
    question: Question, at: Callable[[np.ndarray], np.ndarray], low: float, high: float, nodes: int
) -> np.ndarray:
    """The gradient (H, W, 3) of the score gathered from place `low` to `high`, by Gauss and Legendre's `nodes`."""
    places, weights = np.polynomial.legendre.leggauss(nodes)  # on [-1, 1]
    pixels = at(low + (high - low) * (places + 1) / 2)
    rows = None if question.encoded is None else np.repeat(question.encoded, nodes, axis=0)
    _, gradient = question.network.input_gradient(pixels, rows, question.target)
    return np.tensordot(weights * (high - low) / 2, gradient.astype(np.float64), 1)


METHOD = Method(
    name="integrated_gradients",
    stem="methods.integrated_gradients_",
    signed=True,
    chance=False,
    options={"fast": Options(steps=32, most=32), "full": Options(steps=32, most=256)},
    passes=passes,
    explain=explain,
)
