"""What a method of explanation is, and what all methods share: a scaled map, a layer's features, a stated baseline."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from util.explanation.grad_cam import enlarged
from util.explanation.question import Question
from util.explanation.values import Explanation
from util.language import Sentence

PRESETS = ("fast", "full")
# A gradient by the pixels runs the network forwards and backwards.
GRADIENT_PASSES = 2.0
# A range this small beside the size of what was added up is rounding, not evidence.
ROUNDING = 1e-6
# Two answers to the same image in two batches differ by about this much, relative to the score.
NOISE = 1e-5
NO_EVIDENCE = Sentence.of("methods.no_evidence")


@dataclass(frozen=True)
class Method:
    """One method of explanation, found by its `name`.

    `stem` starts the catalogue keys of its words. `signed`: its maps have negative evidence too; `chance`: they depend
    on a seed. `options` gives the settings of each of PRESETS; `passes(options, question)` says the cost in forward
    passes beforehand (a backward pass counts one); `explain(question, options, asker, progress)` draws the map.
    """

    name: str
    stem: str
    signed: bool
    chance: bool
    options: Mapping[str, Any]
    passes: Callable[[Any, Question], float]
    explain: Callable[..., Explanation]

    @property
    def title(self) -> Sentence:
        """What the method is called."""
        return Sentence.of(f"methods.{self.name}")

    def words(self, part: str) -> Sentence:
        """One sentence for people: `part` "asks", "reading", "misleads" or "source"."""
        return Sentence.of(f"{self.stem}{part}")


@dataclass(frozen=True)
class Nothing:
    """A method without settings."""


def one_pass(options: Nothing, question: Question) -> float:
    """The cost of a map drawn from features that are already known, or from those of another layer."""
    return 1.0 if at_card_layer(question) else 1.0 + GRADIENT_PASSES


def at_card_layer(question: Question) -> bool:
    """Whether the question looks at the layer whose features its prediction holds."""
    return question.layer in (None, question.network.card.gradcam_layer)


def layer_of(question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Features (h, w, c) at the question's layer, and the gradient of the target's score by them, float64."""
    network, prediction, target = question.network, question.prediction, question.target
    if at_card_layer(question):
        features = prediction.features
        _, gradient = network.scores_and_gradient(features, question.encoded, target)
    else:
        pixels = question.pixels[None]
        _, features, gradient = network.layer_gradient(pixels, question.encoded, target, question.layer)
    return features[0].astype(np.float64), gradient[0].astype(np.float64)


def noise_of(scores: np.ndarray) -> float:
    """The difference between two scores of this size that says nothing."""
    return NOISE * max(1.0, float(np.abs(scores).max(initial=0)))


class Stopwatch:
    """Makes the Explanation of one method's map; the seconds count from its making."""

    def __init__(self, method: str, question: Question) -> None:
        self._method, self._question = method, question
        self._started = time.perf_counter()

    def explanation(
        self,
        values: np.ndarray,
        *,
        signed: bool,
        passes: float,
        floor: float,
        grid: tuple[int, int] | None = None,
        seed: int | None = None,
        facts: Mapping[str, float | int | str] | None = None,
        notes: tuple[Sentence, ...] = (),
    ) -> Explanation:
        """The map of `values` (h, w), scaled so that the largest size is 1; negative ones are dropped unless `signed`.

        Empty, and all zeros, where the range is at most `floor`, no value is positive enough to draw, or any value is
        not a number. `grid` is the resolution of the evidence, where it is coarser than `values`.
        """
        kept = values if signed else np.maximum(values, 0)
        top = float(np.abs(kept).max(initial=0))
        with np.errstate(invalid="ignore"):
            spread = float(values.max() - values.min())
        empty = not np.isfinite(values).all() or top <= floor or spread <= floor
        scaled = np.zeros(values.shape, np.float32) if empty else (kept / top).astype(np.float32)
        height, width = self._question.size
        return Explanation(
            method=self._method,
            target=self._question.target,
            heat=enlarged(scaled, height, width),
            grid=grid or values.shape,
            signed=signed,
            empty=bool(empty),
            passes=float(passes),
            seconds=time.perf_counter() - self._started,
            seed=seed,
            facts=dict(facts or {}),
            notes=(NO_EVIDENCE, *notes) if empty else notes,
        )
