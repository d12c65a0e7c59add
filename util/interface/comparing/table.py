"""One table of all methods: what each map cost, what it is worth on this image, and whether it comes out twice."""

from __future__ import annotations

import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.interface.comparing.asked import method_name
from util.interface.comparing.numbers import minus, seconds_text
from util.interface.comparing.repeats import repeats_of, repeats_ui
from util.interface.given import Given
from util.interface.rows import rows_ui
from util.interface.text import muted
from util.interface.tongue import said, share, words


def table_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """The table, and the button that measures repeatability."""
    st.subheader(words("compare.table"), anchor=False)
    place = st.container(key="compare_table")
    repeats_ui(given, diagnosis, now)
    with place:
        rows_ui(table_rows(now, repeats_of(given, now)))
        if now.faithfulness is not None and (caution := now.faithfulness.caution()):
            st.markdown(muted(said(caution)))
        st.markdown(muted(words("compare.table_note")))


def table_rows(now: Comparison, repeats: dict[str, object]) -> list[dict[str, str]]:
    """One row a method; a dash where something does not apply, and an empty cell where it was not measured."""
    rows, field = [], _field(now)
    for name, finding in now.findings.items():
        curves, focus, one = finding.curves, finding.focus, repeats.get(name)
        row = {
            words("compare.column_method"): method_name(name),
            words("compare.column_seconds"): seconds_text(finding.seconds),
            words("compare.column_passes"): words(
                "interface.number", value=round(finding.explanation.passes)
            ),
            words("compare.column_deletion"): minus(curves and curves.deletion_area),
            words("compare.column_insertion"): minus(curves and curves.insertion_area),
        }
        if field:
            row[words(f"compare.column_{field}")] = (
                "–" if focus is None or focus.inside is None else share(focus.inside)
            )
        row[words("compare.column_frame")] = (
            "–" if focus is None or focus.border is None else share(focus.border)
        )
        if repeats:
            row[words("compare.column_repeats")] = _repeat(one)
        rows.append(row)
    return rows


def _field(now: Comparison) -> str | None:
    """The name of what should hold the evidence, where it is estimated for this kind of image and can be there."""
    if now.diagnosis.prediction.familiar is False:
        return None
    return next((one.focus.field for one in now.findings.values() if one.focus and one.focus.field), None)


def _repeat(one: object) -> str:
    if one is None:
        return ""
    return minus(one.similarity)
