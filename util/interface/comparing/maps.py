"""The maps in one grid with one colour scale; under each its cost, its worth, and what must be said of it."""

from __future__ import annotations

import streamlit as st

from util.comparison import Comparison, Finding
from util.comparison.lines import has_room
from util.diagnosis import Diagnosis
from util.interface.comparing.asked import Asked, colours_of, method_name
from util.interface.comparing.enlarged import enlarged_ui
from util.interface.comparing.numbers import seconds_text, true_minus
from util.interface.comparing.pictures import START, drawn, scale_ui
from util.interface.comparing.reading import reading_fold_ui
from util.interface.names import label
from util.interface.text import markup, muted, plain
from util.interface.tongue import said, share, words
from util.language import Sentence

_LOUD = ("methods.no_evidence", "methods.incomplete")  # notes of a method that a fold must not hide


def maps_ui(diagnosis: Diagnosis, asked: Asked, now: Comparison | None, running: bool) -> None:
    """One cell a method asked, in the order asked; a map that is not there yet has its image in its place."""
    findings = now.findings if now else {}
    shown = [finding.explanation for finding in findings.values() if not finding.explanation.empty]
    colours = colours_of(diagnosis.card)
    if shown:
        signed = any(one.signed for one in shown)
        opacity = scale_ui(colours, any(not one.signed for one in shown), signed)
    else:
        opacity = START
    with st.container(key="maps"), st.grid(3, min_column_width=250, gap="medium") as grid:
        for name in asked.methods:
            with grid.cell(), st.container(gap="xxsmall"):
                if name in findings:
                    finding_ui(diagnosis, now, name, opacity, colours, running)
                else:
                    pending_ui(diagnosis, name, running)


def pending_ui(diagnosis: Diagnosis, name: str, running: bool) -> None:
    """The place of a map that is still to come, or that was cancelled."""
    st.image(
        drawn(diagnosis.prepared.pixels, None, 0, ""),
        width="stretch",
        alt=words("compare.pending_alt", method=method_name(name)),
    )
    line_ui(method_name(name), "")
    st.markdown(muted(words("compare.pending" if running else "compare.not_drawn")))


def finding_ui(
    diagnosis: Diagnosis, now: Comparison, name: str, opacity: int, colours: str, running: bool
) -> None:
    """One map with what stands under it."""
    finding = now.findings[name]
    explanation = finding.explanation
    st.image(
        drawn(diagnosis.prepared.pixels, explanation, opacity, colours),
        width="stretch",
        alt=alt_of(diagnosis, finding, name),
    )
    line_ui(method_name(name), time_text(finding))
    if explanation.empty:
        st.markdown(f"**{plain(words('compare.no_evidence'))}**")
    st.markdown(muted(worth_line(now, finding, running)))
    for text in remarks(finding, has_room(now)):
        st.markdown(muted(text))
    if st.button(
        words("compare.enlarge"),
        key=f"enlarge_{name}",
        disabled=running,
        type="tertiary",
        help=words("compare.enlarge_help") if running else None,
    ):
        enlarged_ui(
            diagnosis, explanation, method_name(name), opacity, colours, alt_of(diagnosis, finding, name)
        )
    reading_fold_ui(name, finding)


def line_ui(left: str, right: str) -> None:
    """A map's name, and its time at the right."""
    st.html(f'<p class="map-line"><strong>{markup(left)}</strong><span>{markup(right)}</span></p>')


def time_text(finding: Finding) -> str:
    """Seconds that the map took when it was made, and whether it was known already."""
    text = seconds_text(finding.seconds)
    return words("compare.seconds_known", seconds=text) if finding.cached else text


def alt_of(diagnosis: Diagnosis, finding: Finding, name: str) -> str:
    """The map in words, for who cannot see it."""
    explanation = finding.explanation
    values = {"method": method_name(name), "name": label(diagnosis.card, explanation.target)}
    if explanation.empty:
        return words("compare.alt_empty", **values)
    across, down = peak_place(explanation.heat)
    return words(
        "compare.alt", across=words(f"compare.across_{across}"), down=words(f"compare.down_{down}"), **values
    )


def peak_place(heat) -> tuple[str, str]:
    """In which third of the image (across, down) the strongest evidence for the class lies."""
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    across = ("left", "middle", "right")[min(2, 3 * column // heat.shape[1])]
    return across, ("top", "middle", "bottom")[min(2, 3 * row // heat.shape[0])]


def worth_line(now: Comparison, finding: Finding, running: bool) -> str:
    """Insertion area beside that of the outlines, where it tells something, and where the map lies."""
    parts = []
    if finding.curves is not None and has_room(now):
        edges = now.controls.get("edges")
        if edges is not None:
            parts.append(
                words(
                    "compare.insertion_edges",
                    area=finding.curves.insertion_area,
                    edges=edges.insertion_area,
                )
            )
        else:
            parts.append(words("compare.insertion", area=finding.curves.insertion_area))
    elif running and finding.curves is None and not finding.explanation.empty:
        parts.append(words("compare.curves_pending"))
    # Of an image unlike any the model knows, lungs or a lesion are not found, only guessed.
    if now.diagnosis.prediction.familiar is not False:
        parts += focus_parts(finding)
    return " · ".join(parts)


def focus_parts(finding: Finding) -> list[str]:
    """Where the map lies, in a few words: in the lesion or the lungs, else on the frame."""
    focus = finding.focus
    if focus is None or finding.explanation.empty:
        return []
    if focus.inside is not None and focus.field:
        return [words(f"compare.in_{focus.field}", share=share(focus.inside))]
    return [] if focus.border is None else [words("compare.on_frame", share=share(focus.border))]


def remarks(finding: Finding, room: bool = True) -> list[str]:
    """What must stand under the map: loud notes, and the controls it does not beat, on this image and on others.

    Without `room` the curves of this image tell nothing of the kind.
    """
    found, here, there = [], [], []
    for remark in finding.remarks:
        key = remark.key.partition(".")[2]
        if key.startswith("record_loses_"):
            there.append(remark)
        elif key.startswith("loses_"):
            here += [remark] if room else []
        elif remark.key in _LOUD or remark not in finding.explanation.notes:
            found.append(true_minus(said(remark)))
    if here:
        found.append(words("compare.not_better", controls=_controls(here)))
    if there:
        images = there[0].values["images"]
        found.append(words("compare.not_better_record", controls=_controls(there), images=images))
    return found


def _controls(remarks: list[Sentence]) -> str:
    """The controls that are not beaten, each with the measure in which, joined as the language joins them."""
    each = [
        words(
            f"compare.loses_{remark.key.rpartition('_')[2]}",
            control=words(f"compare.than_{remark.values['control'].key.partition('.')[2]}"),
        )
        for remark in remarks
    ]
    if len(each) == 1:
        return each[0]
    return words("compare.last_of", first=", ".join(each[:-1]), last=each[-1])
