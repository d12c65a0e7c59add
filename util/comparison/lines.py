"""The few words that stand beside a map on a sheet, a page or a table, in one language."""

from __future__ import annotations

from util.comparison.values import Comparison, Finding
from util.diagnosis import class_name
from util.explanation import CONTROLS
from util.explanation.agreement import said
from util.explanation.drawing import SHARPEST, is_cut
from util.language import Percent, Sentence, say


def name_of(method: str, language: str) -> str:
    """What a method (or control) is called in `language`."""
    name = said(method)
    return name if isinstance(name, str) else name.text(language)


def asked_of(comparison: Comparison) -> Sentence:
    """The question: why this class, with its probability (or its score, where nothing calibrates it).

    Of an unfamiliar image without: that number has no known meaning.
    """
    prediction, target = comparison.diagnosis.prediction, comparison.target
    if prediction.familiar is False:
        return Sentence.of("comparison.asked_only", name=class_name(comparison.diagnosis.card, target))
    kind = "raw" if prediction.calibrated is None else "calibrated"
    chance = Sentence.of(f"comparison.chance_{kind}", value=float(prediction.probabilities[target]))
    return Sentence.of("comparison.asked", name=class_name(comparison.diagnosis.card, target), chance=chance)


def clipped(comparison: Comparison) -> Sentence | None:
    """That the strongest points of some maps are drawn alike; None where no such map is shown."""
    shown = [finding.explanation for finding in comparison.findings.values()]
    if any(is_cut(one) and not one.empty for one in shown):
        return Sentence.of("comparison.clipped", share=Percent(SHARPEST))
    return None


def familiar(comparison: Comparison) -> bool:
    """Whether lungs or a lesion can be looked for: not in an image unlike any that the model learned from."""
    return comparison.diagnosis.prediction.familiar is not False


def drawn_sample(title: str) -> Sentence:
    """That the image is a drawn sample, by its title."""
    return Sentence.of("comparison.drawn_sample", name=title)


def control_lines(comparison: Comparison, language: str) -> tuple[str, ...]:
    """The areas of each control, which those of the maps are held against; none where curves have no room."""
    if not has_room(comparison):
        return ()
    return tuple(
        say(
            "comparison.control",
            language,
            name=name_of(name, language),
            insertion=curves.insertion_area,
            deletion=curves.deletion_area,
        )
        for name, curves in comparison.controls.items()
        if curves is not None
    )


def has_room(comparison: Comparison) -> bool:
    """Whether areas under curves may be said: not where the baseline alone gets nearly the same answer."""
    return comparison.faithfulness is None or comparison.faithfulness.caution() is None


def faithful_line(comparison: Comparison) -> Sentence | None:
    """How many maps beat all three controls in both curves, or why curves tell little here; None until measured."""
    found = comparison.faithfulness
    if found is None or not any(found.maps.values()):
        return None
    if caution := found.caution():
        return caution
    if any(found.controls.get(name) is None for name in CONTROLS):
        return None  # still to come, or a picture without outlines: then not all three can be beaten
    wins = sum(
        all(all(found.beats(name, control)) for control in CONTROLS)
        for name, curves in found.maps.items()
        if curves is not None
    )
    count = len(comparison.findings)
    if count == 1:
        return Sentence.of("comparison.faithful_single" if wins else "comparison.faithful_single_none")
    key = "comparison.faithful_none" if not wins else "comparison.faithful_one" if wins == 1 else None
    return Sentence.of(key or "comparison.faithful", wins=wins, count=count)


def seconds_of(value: float) -> float | Sentence:
    """A time as a number, or that it is under 0.01: nothing takes no time."""
    return float(value) if value >= 0.01 else Sentence.of("comparison.under", value=0.01)


def cell_lines(finding: Finding, language: str, room: bool = True, familiar: bool = True) -> tuple[str, ...]:
    """Up to three short lines: what the map cost, its areas where curves have `room`, where it lies if `familiar`."""
    explanation = finding.explanation
    passes = round(explanation.passes)
    key = "comparison.cell_cost" if passes != 1 else "comparison.cell_cost_one"
    lines = [say(key, language, seconds=seconds_of(finding.seconds), passes=passes)]
    if explanation.empty:
        return (*lines, say("comparison.cell_empty", language))
    if finding.curves is not None and room:
        lines.append(
            say(
                "comparison.cell_curves",
                language,
                insertion=finding.curves.insertion_area,
                deletion=finding.curves.deletion_area,
            )
        )
    focus = finding.focus
    if focus is not None and familiar:
        inside = focus.field is not None and focus.inside is not None
        share = focus.inside if inside else focus.border
        key = f"comparison.cell_{focus.field if inside else 'border'}"
        lines.append(say(key, language, share=Percent(float(share))))
    return tuple(lines)
