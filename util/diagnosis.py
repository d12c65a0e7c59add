"""Floor 7: the two walks, the only file that knows every room: `diagnose` and `explain`."""

from __future__ import annotations

from dataclasses import dataclass

from util.explanation import Explanation
from util.imaging import Photograph
from util.language import Sentence
from util.modelstore.card import Card
from util.prediction import Metadata, Prediction
from util.preparation import Prepared


@dataclass(frozen=True)
class People:
    """Of 100 such images in a group like the test data, about `about` were positive (95 % interval `low` to `high`).

    All in [0, 100]; `prevalence` in [0, 1] is the share of positives in that group.
    """

    about: float
    low: float
    high: float
    prevalence: float


@dataclass(frozen=True)
class Diagnosis:
    """Everything one walk found out about one image; immutable, and the same for the same input.

    `headline` is the answer in one sentence, `meaning` what the number means (people out of 100 with its
    population, or why none is said), `zone` what the grey zone is, `warnings` quality and familiarity warnings,
    `limits` what the model does not know. All are `Sentence`s: said in a language only when shown.
    """

    card: Card
    photograph: Photograph
    prepared: Prepared
    metadata: Metadata
    prediction: Prediction
    explanation: Explanation
    people: People | None
    headline: Sentence
    meaning: Sentence
    zone: Sentence | None
    warnings: tuple[Sentence, ...]
