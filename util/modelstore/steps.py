"""Whether the options of a preparation step can be used, asked before any picture is there."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping

from util.language import Sentence
from util.modelstore.plain import is_finite
from util.preparation import STEPS

# Outside of these OpenCV ends the process, or NumPy has no answer.
_RANGES = {"side": (1, 4096), "tiles": (1, 64), "power": (1, 100), "low": (0, 100), "high": (0, 100)}


def wrong_option(step: Mapping[str, object]) -> tuple[str, Sentence] | None:
    """The first option of `step` (as in a card) whose value is none for it, and what was expected there; or None.

    A step or an option that does not exist is left to `util.preparation`, which names those that do.
    """
    hints = _hints(str(step["step"])) if step.get("step") in STEPS else {}
    for option, value in step.items():
        kind = hints.get(option)
        if kind not in (int, float):
            continue
        if not is_finite(value) or (kind is int and not isinstance(value, int)):
            return option, Sentence.of(f"modelstore.expected_{kind.__name__}")
        low, high = _RANGES.get(option, (value, value))
        if not low <= value <= high:
            return option, Sentence.of("modelstore.expected_range", low=low, high=high)
    return None


@functools.cache
def _hints(name: str) -> Mapping[str, object]:
    return typing.get_type_hints(STEPS[name])
