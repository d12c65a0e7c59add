"""SmoothGrad: which pixels the score is most sensitive to, averaged over noisy copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.method import GRADIENT_PASSES, ROUNDING, Method, Stopwatch
from util.explanation.question import Question
from util.explanation.values import Explanation

BATCH = 4  # see integrated_gradients.py


@dataclass(frozen=True)
class Options:
    """`samples` copies with noise of a deviation of `noise` times the image's range.

    `sizes_first`: average the sizes of the gradients (as tf-keras-vis does) and not the gradients (as the paper).
    """

    samples: int
    noise: float = 0.15
    seed: int = 0
    sizes_first: bool = False


def passes(options: Options, question: Question) -> float:
    """Forwards and backwards for each copy."""
    return GRADIENT_PASSES * options.samples


def explain(
    question: Question, options: Options, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """The size of the mean gradient of the score over noisy copies, the largest of the channels; the map in [0, 1].

    Smilkov et al. 2017, arXiv 1706.03825, where 50 samples and a noise of 10 to 20 % are advised.
    """
    watch = Stopwatch(METHOD.name, question)
    image = question.pixels.astype(np.float32)
    deviation = options.noise * float(np.ptp(image))
    random = np.random.default_rng(options.seed)
    total = np.zeros(image.shape, np.float64)
    sizes = 0.0
    for first in range(0, options.samples, BATCH):
        asker.check()
        count = min(BATCH, options.samples - first)
        # Drawn copy by copy, so that the size of a batch changes nothing.
        noise = [random.standard_normal(image.shape, np.float32) for _ in range(count)]
        rows = None if question.encoded is None else np.repeat(question.encoded, count, axis=0)
        _, gradient = question.network.input_gradient(
            image + deviation * np.stack(noise), rows, question.target
        )
        sizes = max(sizes, float(np.abs(gradient).max()))
        total += (np.abs(gradient) if options.sizes_first else gradient).sum(axis=0, dtype=np.float64)
        if progress:
            progress(first + count, options.samples)
    return watch.explanation(
        np.abs(total / options.samples).max(axis=-1),
        signed=False,
        passes=passes(options, question),
        floor=ROUNDING * sizes,
        seed=options.seed,
        facts={"samples": options.samples, "noise": options.noise},
    )


METHOD = Method(
    name="smooth_grad",
    stem="methods.smooth_grad_",
    signed=False,
    chance=True,
    options={"fast": Options(samples=16), "full": Options(samples=50)},
    passes=passes,
    explain=explain,
)
