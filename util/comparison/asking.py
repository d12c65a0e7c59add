"""From a diagnosis to a question that methods answer."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from util.diagnosis import Diagnosis, check_layer, index_of
from util.explanation import NAMES, PRESETS, Question
from util.language import PenumbraError
from util.modelstore import begin_fast, open_network


class ComparisonError(PenumbraError):
    """A comparison that cannot be made: what was expected, what was received."""


def question_of(
    diagnosis: Diagnosis,
    methods: Sequence[str],
    target: int | str | None = None,
    *,
    preset: str = "fast",
    layer: str | None = None,
) -> Question:
    """The question why `diagnosis` gives `target` (label or index; None: the class the headline speaks of) its score.

    Raises PenumbraError for an unknown, repeated or missing method, or an unknown preset, class or layer.
    """
    if not methods:
        raise ComparisonError("comparison.no_methods", names=", ".join(NAMES))
    for name in methods:
        if name not in NAMES:
            raise ComparisonError("diagnosis.no_such_method", name=str(name), names=", ".join(NAMES))
        if list(methods).count(name) > 1:
            raise ComparisonError("comparison.method_twice", name=name)
    if preset not in PRESETS:
        raise ComparisonError("diagnosis.no_such_preset", name=str(preset), names=", ".join(PRESETS))
    network = open_network(diagnosis.card)
    check_layer(network, layer)
    index = index_of(diagnosis, target)
    return Question(network, diagnosis.prepared.pixels, diagnosis.prediction, index, layer)


def make_ready(diagnosis: Diagnosis) -> None:
    """Begin to prepare the fast runtime for the network that gave `diagnosis`, in the background; raises nothing.

    For a page that opens with an image: what is converted while its visitor looks is not waited for later.
    """
    with contextlib.suppress(PenumbraError):  # a file that is gone by now is said by what asks the network
        begin_fast(open_network(diagnosis.card))
