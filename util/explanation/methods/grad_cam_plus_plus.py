"""Grad-CAM++: Grad-CAM whose weights count every cell that raises the score, so that small parts are not lost."""

from __future__ import annotations

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.method import ROUNDING, Method, Nothing, Stopwatch, layer_of, one_pass
from util.explanation.question import Question
from util.explanation.values import Explanation


def explain(
    question: Question, options: Nothing, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """Channels weighted by their positive gradients, each cell by its share `alpha`; the map in [0, 1].

    Chattopadhay et al., WACV 2018, doi 10.1109/WACV.2018.00097, for exp(score), whose derivatives are powers of the
    first; alphas of a channel are divided by their sum, as in the authors' code.
    """
    asker.check()
    watch = Stopwatch(METHOD.name, question)
    features, gradient = layer_of(question)
    weights = (np.maximum(gradient, 0) * alphas(features, gradient)).sum(axis=(0, 1))  # (c,)
    if progress:
        progress(1, 1)
    return watch.explanation(
        features @ weights,
        signed=False,
        passes=one_pass(options, question),
        floor=ROUNDING * np.abs(features).max() * np.abs(weights).sum(),
        facts={"layer": question.layer or question.network.card.gradcam_layer},
    )


def alphas(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The share of each cell (h, w, c) in its channel's weight: g^2 / (2 g^2 + sum(A) g^3), summing to 1 or all 0."""
    below = 2 + features.sum(axis=(0, 1)) * gradient  # the formula without its common factor g^2
    used = (gradient != 0) & (below != 0)
    alpha = np.divide(1.0, below, out=np.zeros_like(below), where=used)
    total = alpha.sum(axis=(0, 1))
    return alpha / np.where(total == 0, 1, total)


METHOD = Method(
    name="grad_cam_plus_plus",
    stem="methods.grad_cam_plus_plus_",
    signed=False,
    chance=False,
    options={"fast": Nothing(), "full": Nothing()},
    passes=one_pass,
    explain=explain,
)
