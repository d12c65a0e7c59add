"""Grad-CAM: which parts of the feature map raise the score, channel by channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.grad_cam import grad_cam
from util.explanation.method import (
    NO_EVIDENCE,
    ROUNDING,
    Method,
    Nothing,
    Stopwatch,
    at_card_layer,
    layer_of,
    one_pass,
)
from util.explanation.question import Question
from util.explanation.values import Explanation


def explain(
    question: Question, options: Nothing, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """Channels weighted by their mean gradient, summed, negative parts dropped; the map in [0, 1].

    Selvaraju et al., ICCV 2017, doi 10.1109/ICCV.2017.74. At the card's layer it costs the prediction's own pass.
    """
    asker.check()
    if at_card_layer(question):
        found = grad_cam(question.network, question.prediction, question.target)
    else:
        watch = Stopwatch(METHOD.name, question)
        features, gradient = layer_of(question)
        weights = gradient.mean(axis=(0, 1))  # (c,)
        floor = ROUNDING * np.abs(features).max() * np.abs(weights).sum()
        found = watch.explanation(
            features @ weights, signed=False, passes=one_pass(options, question), floor=floor
        )
    if progress:
        progress(1, 1)
    layer = question.layer or question.network.card.gradcam_layer
    return replace(found, facts={"layer": layer}, notes=(NO_EVIDENCE,) if found.empty else ())


METHOD = Method(
    name="grad_cam",
    stem="methods.grad_cam_",
    signed=False,
    chance=False,
    options={"fast": Nothing(), "full": Nothing()},
    passes=one_pass,
    explain=explain,
)
