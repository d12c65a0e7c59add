"""One table of all methods: what each map cost, what it is worth on this image, and whether it comes out twice."""

from __future__ import annotations

import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.interface.comparing.asked import method_name
from util.interface.comparing.repeats import repeats_of, repeats_ui
from util.interface.given import Given
from util.interface.rows import rows_ui
from util.interface.text import muted
from util.interface.tongue import share, words


def table_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """The table, and the button that measures repeatability."""
    st.subheader(words("compare.table"), anchor=False)
    place = st.container()
    repeats_ui(given, diagnosis, now)
    with place:
        rows_ui(table_rows(now, repeats_of(given, now)))
        st.markdown(muted(words("compare.table_note")))


def table_rows(now: Comparison, repeats: dict[str, object]) -> list[dict[str, str]]:
    """One row a method; a dash where something does not apply, and an empty cell where it was not measured."""
    rows = []
    for name, finding in now.findings.items():
        curves, focus, one = finding.curves, finding.focus, repeats.get(name)
        row = {
            words("compare.column_method"): method_name(name),
            words("compare.column_seconds"): words("compare.seconds", value=finding.seconds),
            words("compare.column_passes"): words(
                "interface.number", value=round(finding.explanation.passes)
            ),
            words("compare.column_deletion"): "–" if curves is None else _number(curves.deletion_area),
            words("compare.column_insertion"): "–" if curves is None else _number(curves.insertion_area),
        }
        if any(each.focus and each.focus.inside is not None for each in now.findings.values()):
            field = next(
                each.focus.field for each in now.findings.values() if each.focus and each.focus.field
            )
            row[words(f"compare.column_{field}")] = (
                "–" if focus is None or focus.inside is None else share(focus.inside)
            )
        row[words("compare.column_frame")] = (
            "–" if focus is None or focus.border is None else share(focus.border)
        )
        row[words("compare.column_repeats")] = _repeat(one)
        rows.append(row)
    return rows


def _repeat(one: object) -> str:
    if one is None:
        return ""
    return "–" if one.similarity is None else _number(one.similarity)


def _number(value: float) -> str:
    return words("interface.number", value=float(value))
