"""Floor 7: the two walks, the only file that knows every room: `diagnose` and `explain`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.explanation import NAMES, PRESETS, Explanation, Question, asker_for, find_method, grad_cam
from util.explanation.asker import Progress
from util.imaging import Photograph, decode
from util.language import Chance, PenumbraError, Percent, Sentence, entries
from util.modelstore import ModelError, Network, default_card, find_card, open_network
from util.modelstore.card import Card
from util.modelstore.plain import cut
from util.prediction import Metadata, Prediction, predict
from util.prediction.quality import quality_warnings
from util.preparation import Prepared, prepare


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
    population, or why none is said), `zone` what the grey zone is, `warnings` quality and familiarity warnings.
    What the model does not know is `card.limits`. All are `Sentence`s: said in a language only when shown.
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


def diagnose(
    data: bytes,
    modality: str,
    *,
    metadata: Metadata = Metadata(),  # noqa: B008  (frozen)
    um_per_pixel: float | None = None,
    model: str | None = None,
    folder: Path | str | None = None,
) -> Diagnosis:
    """Walk the bytes of one image file through every room and return what was found.

    `modality` "skin", "chest", "breast" or "own"; `um_per_pixel` the scale of a tissue image where known; `model` the
    name of a card in `folder` (default: the modality's default model in the models folder). Raises PenumbraError,
    one sentence each: RefusedImage, PreparationError, MetadataError, CardError or ModelError.
    """
    card = find_card(model, folder) if model else default_card(modality, folder)
    if card.modality != modality:
        raise PenumbraError(
            "diagnosis.wrong_modality", name=card.name, modality=card.modality, received=modality
        )
    photograph = decode(data, minimum_side=card.input.minimum_side)
    prepared = prepare(photograph, card.preparation, um_per_pixel=um_per_pixel)
    network = open_network(card)
    prediction = predict(network, prepared, metadata)
    explanation = grad_cam(network, prediction, spoken_class(card, prediction))
    people = people_of(card, prediction)
    return Diagnosis(
        card=card,
        photograph=photograph,
        prepared=prepared,
        metadata=metadata,
        prediction=prediction,
        explanation=explanation,
        people=people,
        headline=_headline(card, prediction),
        meaning=_meaning(card, prediction, people),
        zone=_zone(card, prediction),
        warnings=_warnings(card, photograph, prepared, metadata, prediction),
    )


def explain(
    diagnosis: Diagnosis,
    method: str = "grad_cam",
    target: int | str | None = None,
    *,
    preset: str = "fast",
    layer: str | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Ask again of an image already diagnosed: the map of `method` for `target`, a label or its index.

    `method` one of `util.explanation.NAMES`, `preset` one of PRESETS; without a target, the class that the headline
    speaks of; `layer` where class activation maps look (None: the card's); `progress(done, total)` counts passes.
    Raises PenumbraError for an unknown method, preset, class or layer, and Cancelled once `cancelled()` is true.
    """
    if method not in NAMES:
        raise PenumbraError("diagnosis.no_such_method", name=cut(method), names=", ".join(NAMES))
    if preset not in PRESETS:
        raise PenumbraError("diagnosis.no_such_preset", name=cut(str(preset)), names=", ".join(PRESETS))
    index = index_of(diagnosis, target)
    network, pixels = open_network(diagnosis.card), diagnosis.prepared.pixels
    check_layer(network, layer)
    question = Question(network, pixels, diagnosis.prediction, index, layer)
    one, options = find_method(method), find_method(method).options[preset]
    asker = asker_for(network, index, cancelled=cancelled, passes=one.passes(options, question))
    return one.explain(question, options, asker, progress)


def check_layer(network: Network, layer: str | None) -> None:
    """Raise ModelError where `network` has no `layer` to look at; None and the card's own are always there."""
    if layer is not None and layer != network.card.gradcam_layer and layer not in network.layers:
        names = ", ".join(network.layers[-5:])
        raise ModelError("modelstore.model_layer", card=network.card.name, layer=cut(str(layer)), names=names)


def index_of(diagnosis: Diagnosis, target: int | str | None) -> int:
    """The index of `target`, a label or an index; of the class that the headline speaks of where it is None.

    Raises PenumbraError for a class that the model does not have.
    """
    card = diagnosis.card
    if target is None:
        return spoken_class(card, diagnosis.prediction)
    index = card.labels.index(target) if target in card.labels else target
    if not isinstance(index, int) or not 0 <= index < len(card.labels):
        raise PenumbraError("diagnosis.no_such_class", name=cut(str(target)), names=", ".join(card.labels))
    return index


def class_name(card: Card, index: int) -> Sentence | str:
    """The name of class `index` for people; the card's own label where the catalogue has none."""
    key = f"diagnosis.class_{card.modality}_{card.labels[index]}"
    return Sentence.of(key) if key in entries() else card.labels[index]


def spoken_class(card: Card, prediction: Prediction) -> int:
    """The class that the headline speaks of, and that the map therefore shows.

    With two classes it is the dangerous one, whatever the answer ("signs of pneumonia", "no signs of pneumonia"); with
    more, the most probable one.
    """
    return card.labels.index(card.danger[0]) if len(card.labels) == 2 else prediction.top


def people_of(card: Card, prediction: Prediction) -> People | None:
    """How many in 100 such images of the test data were positive, read off the card's reliability arrays.

    None without calibration, arrays or test figures, and for an unfamiliar image: nothing is known of its like.
    """
    curve = card.arrays.values if card.arrays else {}
    if prediction.calibrated is None or prediction.familiar is False or not card.test:
        return None
    if "probability" not in curve:
        return None
    about, low, high = (
        100 * float(np.interp(prediction.danger, curve["probability"], curve[name]))
        for name in ("frequency", "frequency_low", "frequency_high")
    )
    return People(about, low, high, card.test.prevalence)


def _headline(card: Card, prediction: Prediction) -> Sentence:
    if prediction.familiar is False:
        return Sentence.of("diagnosis.headline_unfamiliar")
    if prediction.calibrated is None:
        return Sentence.of("diagnosis.headline_raw", name=class_name(card, prediction.decision))
    if len(card.labels) > 2:
        key = f"headline_many_{prediction.band}" if prediction.band else "headline_many"
        share = Chance(float(prediction.probabilities[prediction.top]))
        return Sentence.of(f"diagnosis.{key}", name=class_name(card, prediction.top), share=share)
    if prediction.band == "grey":
        return Sentence.of("diagnosis.headline_grey")
    if card.modality == "own":
        # Nobody knows whether these classes are diseases: no "signs of" them.
        share = Chance(float(prediction.probabilities[prediction.decision]))
        name = class_name(card, prediction.decision)
        return Sentence.of("diagnosis.headline_own", name=name, share=share)
    positive = card.labels[prediction.decision] in card.danger
    if prediction.band is not None:
        positive = prediction.band == "above"
    key = "headline_positive" if positive else "headline_negative"
    return Sentence.of(f"diagnosis.{key}", name=class_name(card, spoken_class(card, prediction)))


def _meaning(card: Card, prediction: Prediction, people: People | None) -> Sentence:
    if prediction.familiar is False:
        return Sentence.of("diagnosis.meaning_unfamiliar")
    if prediction.calibrated is None:
        meaning = Sentence.of("diagnosis.meaning_raw", danger=prediction.danger)
    elif people is None:
        meaning = Sentence.of("diagnosis.meaning_calibrated", danger=prediction.danger)
    else:
        key = "meaning_people" if len(card.labels) == 2 else "meaning_people_many"
        meaning = Sentence.of(
            f"diagnosis.{key}",
            population=_in_both(card.population),
            prevalence=round(100 * people.prevalence),
            name=class_name(card, spoken_class(card, prediction)),
            about=round(people.about),
            low=round(people.low),
            high=round(people.high),
        )
    # In the grey zone no class is decided, so no rule has decided for one.
    rule = None if prediction.band == "grey" else _rule(card, prediction)
    return Sentence.of("diagnosis.joined", first=meaning, second=rule) if rule else meaning


def _rule(card: Card, prediction: Prediction) -> Sentence | None:
    """Both classes and why, where the rule decides for another than the most probable one."""
    if prediction.decision == prediction.top or card.decision is None:
        return None
    names = {"decided": class_name(card, prediction.decision), "top": class_name(card, prediction.top)}
    if card.decision.rule == "argmax":
        return Sentence.of("diagnosis.rule_argmax", **names)
    positive = card.labels[prediction.decision] in card.danger
    key = "diagnosis.rule_positive" if positive else "diagnosis.rule_negative"
    return Sentence.of(key, threshold=card.decision.threshold, **names)


def _zone(card: Card, prediction: Prediction) -> Sentence | None:
    zone = card.grey_zone
    if zone is None or prediction.band is None:
        return None
    return Sentence.of(
        "diagnosis.zone",
        low=zone.low,
        high=zone.high,
        n=zone.n,
        error=Percent(zone.target_error),
    )


def _warnings(
    card: Card,
    photograph: Photograph,
    prepared: Prepared,
    metadata: Metadata,
    prediction: Prediction,
) -> tuple[Sentence, ...]:
    found = []
    if prediction.familiar is False:
        limit = card.familiarity.threshold
        found.append(Sentence.of("diagnosis.warn_unfamiliar", distance=prediction.distance, limit=limit))
    ages = card.extra.get("ages")
    age = photograph.facts.age if metadata.age is None else metadata.age
    if ages and age is not None and not ages[0] <= age <= ages[1]:
        found.append(Sentence.of("diagnosis.warn_age", age=round(age), low=ages[0], high=ages[1]))
    found.extend(quality_warnings(photograph, card.modality))
    found.extend(prepared.warnings)
    return tuple(found)


@dataclass(frozen=True)
class _Both:
    """A card's own text in both languages, for use inside a sentence."""

    texts: tuple[tuple[str, str], ...]

    def text(self, language: str) -> str:
        return dict(self.texts)[language]


def _in_both(texts) -> _Both:
    return _Both(tuple(sorted(texts.items())))
