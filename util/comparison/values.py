"""What a comparison is: one image, one class, several methods, each with its map, its cost and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from util.diagnosis import Diagnosis
from util.explanation import Agreement, Confidence, Curves, Explanation, Faithfulness, Question
from util.language import Percent, Sentence

PIECES = ("map", "curves", "controls")


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: `piece` one of PIECES, of the method (or control) `name`, `done` of `total` passes.

    `share` in [0, 1] is that of the whole comparison, by the forward passes that were announced beforehand.
    """

    piece: str
    name: str
    done: int
    total: int
    share: float


@dataclass(frozen=True)
class Focus:
    """Where a map lies, all shares of its energy in [0, 1].

    `inside` the estimated field, `field` "lesion" or "lungs" (both None where there is no such estimate); `border`
    the share in the outer tenth of the sides, where an even map has `even`; `peak` whether the strongest point lies in
    the field. `area` is the field's share of the image: what an even map would have inside.
    """

    inside: float | None
    border: float | None
    field: str | None = None
    peak: bool | None = None
    area: float | None = None
    even: float = 0.36

    def sentences(self) -> tuple[Sentence, ...]:
        """Both shares in words, those that there are."""
        found = []
        if self.inside is not None and self.field:
            found.append(
                Sentence.of(
                    f"comparison.inside_{self.field}", share=Percent(self.inside), area=Percent(self.area)
                )
            )
        if self.border is not None:
            found.append(
                Sentence.of("comparison.border", share=Percent(self.border), even=Percent(self.even))
            )
        return tuple(found)


@dataclass(frozen=True)
class Finding:
    """One method's answer: its map, curves once they are there (None also for an empty map), focus and cost.

    `remarks` must stand beside the map: notes of the method, and each control that it does not beat, on this image and
    (where the card has a record) on validation images. `seconds` is the time of the map when it was made; `cached`: it
    was known already.
    """

    explanation: Explanation
    curves: Curves | None = None
    focus: Focus | None = None
    remarks: tuple[Sentence, ...] = ()
    seconds: float = 0.0
    cached: bool = False


@dataclass(frozen=True)
class Composite:
    """The composite confidence in words: `formula`, where the `limit` comes from, `alert` below it (else None).

    `worth`: what validation data say of it (that it predicts errors, that it does not, or that nobody measured it);
    `helps` whether they show that it predicts errors better than the probability alone.
    """

    confidence: Confidence
    formula: Sentence
    limit: Sentence
    alert: Sentence | None
    worth: tuple[Sentence, ...]
    helps: bool = False


@dataclass(frozen=True)
class Comparison:
    """What is known so far; each value that `compare` yields is a new one, and none of them changes.

    `findings` in the order asked, maps that are not there yet left out; `asked` all names; `controls` name (random,
    edges, gaussian) to curves, empty until measured; `faithfulness` those curves with baseline and steps, None until
    the first; `agreement` None below two maps with evidence, `consensus` float32 (H, W) in [0, 1] or None; `composite`
    None where `uncertain` says why; `runtime` what computed the scores; `seconds` since it began; `done`: whole.
    """

    question: Question
    diagnosis: Diagnosis
    target: int
    preset: str
    asked: tuple[str, ...]
    findings: Mapping[str, Finding] = field(default_factory=dict)
    controls: Mapping[str, Curves | None] = field(default_factory=dict)
    faithfulness: Faithfulness | None = None
    agreement: Agreement | None = None
    consensus: np.ndarray | None = None
    composite: Composite | None = None
    uncertain: Sentence | None = None
    runtime: str = "TensorFlow"
    seconds: float = 0.0
    done: bool = False

    @property
    def maps(self) -> Mapping[str, np.ndarray]:
        """Name to heat float32 (H, W), as `Explanation.heat`."""
        return {name: finding.explanation.heat for name, finding in self.findings.items()}
