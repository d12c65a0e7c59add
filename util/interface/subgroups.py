"""The test figures for parts of the people, each with how many it rests on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from util.interface.names import known, told
from util.interface.precise import precise
from util.interface.rows import rows_ui
from util.interface.text import muted, strong
from util.interface.tongue import language, words
from util.language import number
from util.modelstore.record_of_test import Division, Part
from util.report.names import figure_name, figure_order


def subgroups_ui(found: Mapping[str, Division]) -> None:
    """One table a division, then what must be known to read them."""
    for name, division in found.items():
        title = told(f"measured.by_{name}", name)
        st.markdown(strong(title))
        if division.measured is not None:
            drawn = division.drawn_masks or 0
            st.markdown(muted(words("measured.note_tone", measured=division.measured, drawn=drawn)))
        rows_ui(part_rows(title, division))
    st.markdown(muted(words("measured.note_subgroups")))


def part_rows(title: str, division: Division) -> list[dict[str, str]]:
    """One row a part: its name, images, groups, then the figures; "too few" where there are none."""
    names = sorted({name for part in division.rows for name in part.figures}, key=figure_order)
    rows = []
    for part in division.rows:
        row = {
            title: value_name(part.value),
            words("measured.column_images"): number(part.images, language()),
            words("measured.column_groups"): number(part.groups, language()),
        }
        for index, name in enumerate(names):
            row[figure_name(name, language())] = _figure(part, name, index == 0)
        rows.append(row)
    return rows


def _figure(part: Part, name: str, first: bool) -> str:
    if part.too_few:
        return words("measured.too_few") if first else ""
    return precise(part.figures.get(name)) or "–"


def value_name(value: str) -> str:
    """A sex, an age band, a tone, ... for people; the data's own string where the catalogue has none."""
    own = value.replace("-", "–") if value[:1].isdigit() else known(value)
    return told(f"measured.value_{value}", own)
