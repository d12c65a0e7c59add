"""Integrated Gradients: how much each pixel adds to the score on the way from a plain image to this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.faithfulness import without
from util.explanation.method import GRADIENT_PASSES, Method, Stopwatch, noise_of
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence

# Nodes of a stretch, of one the midpoint rule. Networks of rectifiers are straight in pieces, so their gradient jumps
# on the way: many short stretches follow it in fewer steps than a few of high order (43 against 80 of order 8 on skin).
NODES = 1
BATCH = 4  # pictures in one gradient: 16 are no faster on two cores and hold 330 MB more at 224 px
MOST_AT_ONCE = 8  # stretches halved before the sum is looked at again
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
    """The way from `start` to `stop` in [0, 1]: the `scores` at its ends and the attributions (H, W) gathered on it.

    `error`: how far the attributions miss the difference of the scores.
    """

    start: float
    stop: float
    scores: tuple[float, float]
    terms: np.ndarray
    error: float


def passes(options: Options, question: Question) -> float:
    """The cost of the first steps; more follow where the sum is not complete."""
    return GRADIENT_PASSES * options.steps + max(1, options.steps // NODES) + 1


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """(image - baseline) times the mean gradient on the straight way between them, channels summed; in [-1, 1].

    Sundararajan et al., ICML 2017, arXiv 1703.01365; the mean is a Gauss-Legendre quadrature on equal stretches, of
    which those that miss their own difference of scores most are halved until the attributions add up to the
    difference of the two scores: `facts` hold that `difference`, the `error` that is left and the `steps` it took.
    """
    watch = Stopwatch(METHOD.name, question)
    way = _Way(question, options, asker, progress)
    edges = np.linspace(0, 1, max(1, options.steps // way.nodes) + 1)
    ends = asker.scores(way.at(edges), question.encoded)
    difference = float(ends[-1] - ends[0])
    allowed = TOLERANCE * max(abs(difference), SMALLEST)
    stretches = way.gathered(edges[:-1], edges[1:], ends[:-1], ends[1:])
    while abs(left := sum(one.error for one in stretches)) > allowed:
        affordable = (options.most - way.steps) // (2 * way.nodes)
        if affordable < 1:
            break
        stretches = way.refined(stretches, abs(left), affordable)
    terms = np.sum([one.terms for one in stretches], axis=0, dtype=np.float64)
    error = abs(float(terms.sum()) - difference)
    return watch.explanation(
        terms,
        signed=True,
        passes=way.forward + GRADIENT_PASSES * way.steps,
        floor=noise_of(ends) / terms.size,
        facts={
            "steps": way.steps,
            "difference": difference,
            "error": error,
            "allowed": allowed,
            "baseline": options.baseline,
        },
        notes=(
            Sentence.of(f"methods.baseline_{options.baseline}"),
            Sentence.of(
                "methods.complete" if error <= allowed else "methods.incomplete",
                steps=way.steps,
                difference=difference,
                error=error,
                allowed=allowed,
            ),
        ),
    )


class _Way:
    """The straight way from the baseline to the image; it counts gradient `steps` and `forward` passes."""

    def __init__(self, question: Question, options: Options, asker: Asker, progress: Progress | None) -> None:
        self._question, self._options, self._asker, self._progress = question, options, asker, progress
        self._start = without(question.pixels, options.baseline).astype(np.float32)
        self._whole = question.pixels.astype(np.float32) - self._start
        self.nodes = min(NODES, options.steps)
        self._nodes, self._weights = np.polynomial.legendre.leggauss(self.nodes)  # on [-1, 1]
        self.steps, self._before = 0, asker.passes

    @property
    def forward(self) -> int:
        """Forward passes asked so far."""
        return self._asker.passes - self._before

    def at(self, places: np.ndarray) -> np.ndarray:
        """The pictures float32 (n, H, W, 3) at `places` in [0, 1]."""
        return self._start + places[:, None, None, None].astype(np.float32) * self._whole

    def gathered(
        self, lows: Sequence[float], highs: Sequence[float], first: Sequence[float], last: Sequence[float]
    ) -> list[Stretch]:
        """The stretches from `lows` to `highs`, whose scores are `first` and `last`."""
        lows, wide = np.asarray(lows, np.float64), np.subtract(highs, lows)
        places = (lows[:, None] + wide[:, None] * (self._nodes + 1) / 2).ravel()
        weights = (wide[:, None] * self._weights / 2).ravel()
        terms = np.zeros((len(lows), *self._question.size), np.float32)
        for begin in range(0, len(places), BATCH):
            self._asker.check()
            pictures = self.at(places[begin : begin + BATCH])
            row = self._question.encoded
            rows = None if row is None else np.repeat(row, len(pictures), axis=0)
            _, gradients = self._question.network.input_gradient(pictures, rows, self._question.target)
            for number, gradient in enumerate(gradients, begin):
                terms[number // self.nodes] += weights[number] * (self._whole * gradient).sum(axis=-1)
            self.steps += len(pictures)
            if self._progress:
                self._progress(min(self.steps, self._options.steps), self._options.steps)
        sums = terms.sum(axis=(1, 2), dtype=np.float64)
        return [
            Stretch(low, high, (one, other), own, float(total - (other - one)))
            for low, high, one, other, own, total in zip(lows, highs, first, last, terms, sums, strict=True)
        ]

    def refined(self, stretches: list[Stretch], left: float, affordable: int) -> list[Stretch]:
        """`stretches` with the worst halved: as few as explain half of the error that is `left`."""
        ordered = sorted(stretches, key=lambda one: -abs(one.error))
        explained = np.cumsum([abs(one.error) for one in ordered])
        count = min(1 + int(np.searchsorted(explained, left / 2)), affordable, MOST_AT_ONCE)
        worst, rest = ordered[:count], ordered[count:]
        middles = np.array([(one.start + one.stop) / 2 for one in worst])
        between = self._asker.scores(self.at(middles), self._question.encoded)
        lows, highs, first, last = [], [], [], []
        for one, middle, score in zip(worst, middles, between, strict=True):
            lows += [one.start, middle]
            highs += [middle, one.stop]
            first += [one.scores[0], score]
            last += [score, one.scores[1]]
        return rest + self.gathered(lows, highs, first, last)


METHOD = Method(
    name="integrated_gradients",
    stem="methods.integrated_gradients_",
    signed=True,
    chance=False,
    options={"fast": Options(steps=32, most=32), "full": Options(steps=32, most=256)},
    passes=passes,
    explain=explain,
)
