"""The few words that stand beside a map on a sheet, a page or a table, in one language."""

from __future__ import annotations

from util.comparison.values import Comparison, Finding
from util.diagnosis import class_name
from util.explanation.agreement import said
from util.explanation.drawing import SHARPEST, is_cut
from util.language import Percent, Sentence, say


def name_of(method: str, language: str) -> str:
    """What a method (or control) is called in `language`."""
    name = said(method)
    return name if isinstance(name, str) else name.text(language)


def asked_of(comparison: Comparison) -> Sentence:
    """The question: why this class, with its probability (or its score, where nothing calibrates it)."""
    prediction, target = comparison.diagnosis.prediction, comparison.target
    kind = "raw" if prediction.calibrated is None else "calibrated"
    chance = Sentence.of(f"comparison.chance_{kind}", value=float(prediction.probabilities[target]))
    return Sentence.of("comparison.asked", name=class_name(comparison.diagnosis.card, target), chance=chance)


def clipped(comparison: Comparison) -> Sentence | None:
    """That the strongest points of some maps are drawn alike; None where no such map is shown."""
    shown = [finding.explanation for finding in comparison.findings.values()]
    if any(is_cut(one) and not one.empty for one in shown):
        return Sentence.of("comparison.clipped", share=Percent(SHARPEST))
    return None


def cell_lines(finding: Finding, language: str) -> tuple[str, ...]:
    """Up to three short lines: what the map cost, its areas, where it lies."""
    explanation = finding.explanation
    passes = round(explanation.passes)
    key = "comparison.cell_cost" if passes != 1 else "comparison.cell_cost_one"
    lines = [say(key, language, seconds=float(finding.seconds), passes=passes)]
    if explanation.empty:
        return (*lines, say("comparison.cell_empty", language))
    if finding.curves is not None:
        lines.append(
            say(
                "comparison.cell_curves",
                language,
                insertion=finding.curves.insertion_area,
                deletion=finding.curves.deletion_area,
            )
        )
    focus = finding.focus
    if focus is not None:
        inside = focus.field is not None and focus.inside is not None
        share = focus.inside if inside else focus.border
        key = f"comparison.cell_{focus.field if inside else 'border'}"
        lines.append(say(key, language, share=Percent(float(share))))
    return tuple(lines)
