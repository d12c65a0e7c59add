"""The sentences of a comparison: what must stand under a map, and what the composite confidence is worth."""

from __future__ import annotations

from dataclasses import dataclass

from util.comparison.values import Composite, Finding
from util.diagnosis import Diagnosis, spoken_class
from util.explanation import CONTROLS, Agreement, Faithfulness, confidence
from util.explanation.agreement import said
from util.language import Sentence
from util.modelstore.record_of_explanations import CompositeWorth, Measured

FEWEST = 10  # errors under which no verdict on the composite is given


def remarks_of(
    name: str, finding: Finding, faithful: Faithfulness | None, record: Measured | None
) -> tuple[Sentence, ...]:
    """What must stand under the map of method `name`, most particular first: its own notes, this image, the others."""
    found = list(finding.explanation.notes)
    if faithful is not None and name in faithful.maps and not finding.explanation.empty:
        found += faithful.remarks(name)
    worth = record.methods.get(name) if record else None
    for control in CONTROLS:
        one = worth.beats.get(control) if worth else None
        if one is None or (one.beats_insertion and one.beats_deletion):
            continue
        way = "insertion" if one.beats_deletion else "deletion" if one.beats_insertion else "both"
        found.append(
            Sentence.of(
                f"comparison.record_loses_{way}",
                name=said(name),
                control=Sentence.of(f"measures.{control}"),
                images=record.images,
            )
        )
    return tuple(found)


def composite_of(
    diagnosis: Diagnosis,
    target: int,
    alike: Agreement | None,
    record: Measured | None = None,
    preset: str = "fast",
) -> tuple[Composite | None, Sentence | None]:
    """The composite confidence of the answer and None; or None and why there is none.

    Its probability is the calibrated one of the class decided for, its agreement the mean of the matrix shown
    (Spearman) of maps for the class that the headline speaks of: for maps of another class it says nothing.
    """
    prediction = diagnosis.prediction
    if prediction.calibrated is None:
        return None, Sentence.of("comparison.uncertain_uncalibrated")
    if prediction.familiar is False:
        return None, Sentence.of("comparison.uncertain_unfamiliar")
    if target != spoken_class(diagnosis.card, prediction):
        return None, Sentence.of("comparison.uncertain_other_class")
    mean = alike.mean() if alike else None
    if mean is None:
        return None, Sentence.of("comparison.uncertain_maps")
    known = record.composite if record else None
    chance = float(prediction.calibrated[prediction.decision])
    found = confidence(chance, mean, limit=known.limit if known else None)
    worth = _worth(record, known, alike.names, preset)
    alert = found.alert(diagnosis.card.modality)
    helps = known is not None and known.helps and not too_few(known)
    return Composite(found, found.formula(), found.limit_sentence(), alert, worth, helps), None


def too_few(known: CompositeWorth) -> bool:
    """Whether the record counts so few errors that nothing predicts them by more than chance."""
    return known.errors is not None and known.errors < FEWEST


def _worth(
    record: Measured | None, known: CompositeWorth | None, names: tuple[str, ...], preset: str
) -> tuple[Sentence, ...]:
    """What validation data say of the composite."""
    if record is None:
        return (Sentence.of("comparison.worth_unknown"),)
    part = (
        Sentence.of(f"comparison.part_{record.part}")
        if record.part in ("test", "validation")
        else record.part
    )
    if known is None:
        return (Sentence.of("comparison.worth_untold", images=record.images, part=part),)
    counted = () if known.errors is None else (Sentence.of("comparison.worth_errors", errors=known.errors),)
    if too_few(known):
        return (Sentence.of("comparison.worth_untold", images=known.n or record.images, part=part), *counted)
    key = "comparison.worth_helps" if known.helps else "comparison.worth_nothing"
    found = [Sentence.of(key, images=known.n or record.images, part=part), *counted]
    if None not in (known.area, known.area_probability):
        found.append(Sentence.of("comparison.worth_areas", area=known.area, plain=known.area_probability))
    if record.learned:
        found.append(Sentence.of("comparison.worth_learned"))
    if known.methods and (set(known.methods) != set(names) or record.preset != preset):
        others = tuple(said(name) for name in known.methods)
        found.append(Sentence.of("comparison.worth_others", names=Names(others)))
    return tuple(found)


@dataclass(frozen=True)
class Names:
    """Several names inside a sentence, in its language."""

    names: tuple[Sentence | str, ...]

    def text(self, language: str) -> str:
        """The names, with commas between."""
        return ", ".join(one if isinstance(one, str) else one.text(language) for one in self.names)
