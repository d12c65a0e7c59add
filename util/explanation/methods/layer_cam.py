"""LayerCAM: every cell of the feature map weighted by its own positive gradient, so that early layers work too."""

from __future__ import annotations

import numpy as np

from util.explanation.asker import Asker, Progress
from util.explanation.method import ROUNDING, Method, Nothing, Stopwatch, layer_of, one_pass
from util.explanation.question import Question
from util.explanation.values import Explanation


def explain(
    question: Question, options: Nothing, asker: Asker, progress: Progress | None = None
) -> Explanation:
    """The features times their own positive gradients, summed over channels; the map in [0, 1].

    Jiang et al., IEEE TIP 2021, doi 10.1109/TIP.2021.3089943.
    """
    asker.check()
    watch = Stopwatch(METHOD.name, question)
    features, gradient = layer_of(question)
    terms = features * np.maximum(gradient, 0)  # (h, w, c)
    if progress:
        progress(1, 1)
    return watch.explanation(
        terms.sum(axis=-1),
        signed=False,
        passes=one_pass(options, question),
        floor=ROUNDING * np.abs(terms).sum(axis=-1).max(),
        facts={"layer": question.layer or question.network.card.gradcam_layer},
    )


METHOD = Method(
    name="layer_cam",
    stem="methods.layer_cam_",
    signed=False,
    chance=False,
    options={"fast": Nothing(), "full": Nothing()},
    passes=one_pass,
    explain=explain,
)
