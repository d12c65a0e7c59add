"""What spoils an answer: pictures gone bad, pictures stored again, changes aimed at the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from util.interface.heat_table import Cell, change_text, fallen, heat_table_ui
from util.interface.names import told
from util.interface.precise import precise, shortest
from util.interface.rows import rows_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.language import Percent, number
from util.modelstore.record_of_test import Alike, Changed, Changes
from util.report.names import figure_name

_STRENGTHS = range(1, 6)


def corruptions_ui(found: Changes, key: str) -> None:
    """Each corruption at each strength."""
    st.markdown(
        muted(words("measured.note_corruptions", images=found.images, groups=found.groups, seed=found.seed))
    )
    figure = figure_ui(found, f"{key}_corruptions")
    head = ["", *(words("measured.strength", number=strength) for strength in _STRENGTHS)]
    heat_table_ui(
        head,
        {
            told(f"measured.corruption_{name}", name): [
                fallen(next((row for row in some if row.strength == strength), None), figure)
                for strength in _STRENGTHS
            ]
            for name, some in _by_name(found.rows).items()
        },
    )
    st.markdown(muted(words("pages.shaded")))


def attacks_ui(found: Changes, key: str) -> None:
    """Each attack at each budget, and how many decisions it turned."""
    st.markdown(muted(words("measured.note_attacks", steps=found.steps or 0, images=found.images)))
    figure = figure_ui(found, f"{key}_attacks")
    budgets = sorted({row.budget for row in found.rows if row.budget is not None})
    head = ["", *(words("measured.budget", number=shortest(budget)) for budget in budgets)]
    named = _by_name(found.rows)
    heat_table_ui(
        head,
        {
            told(f"measured.attack_{name}", name): [
                fallen(next((row for row in some if row.budget == budget), None), figure)
                for budget in budgets
            ]
            for name, some in named.items()
        },
    )
    flipped = {
        told(f"measured.attack_{name}", name): [
            Cell(_share(next((row.flipped for row in some if row.budget == budget), None)))
            for budget in budgets
        ]
        for name, some in named.items()
    }
    heat_table_ui([words("measured.column_flipped"), *head[1:]], flipped)


def storage_ui(found: Changes, key: str) -> None:
    """The same pictures, resized by each kernel or compressed, and all of it by chance."""
    st.markdown(muted(words("measured.note_storage", images=found.images, groups=found.groups)))
    figure = figure_ui(found, f"{key}_storage")
    kernels = list(dict.fromkeys(row.kernel for row in found.rows if row.kernel))
    sizes = sorted({row.size for row in found.rows if row.size is not None})
    if kernels:
        head = [
            words("measured.kernel"),
            *(words("measured.size", number=shortest(size)) for size in sizes),
        ]
        at = {(row.kernel, row.size): row for row in found.rows}
        heat_table_ui(
            head, {kernel: [fallen(at.get((kernel, size)), figure) for size in sizes] for kernel in kernels}
        )
    others = {
        words("measured.quality", number=row.quality): fallen(row, figure)
        for row in found.rows
        if row.quality is not None
    }
    name = figure_name(figure, language())
    if others:
        heat_table_ui(["", *others], {name: list(others.values())})
    for row in found.rows:
        if row.name == "mixed" and figure in row.change:
            value, change = precise(row.figures.get(figure)), change_text(row.change[figure])
            st.markdown(plain(words("measured.mixed", name=name, value=value, change=change)))


def copies_ui(rows: Sequence[Alike]) -> None:
    """Whether a full-size file gets the answer of its small copy."""
    st.markdown(muted(words("measured.note_copies")))
    rows_ui(
        [
            {
                words("measured.column_part"): told(f"measured.part_{row.part}", row.part),
                words("measured.column_n"): number(row.n, language()),
                words("measured.column_same_top"): _share(row.same_top),
                words("measured.column_same_decision"): _share(row.same_decision),
                words("measured.column_same_band"): _share(row.same_band),
                words("measured.column_mean_dp"): precise(row.mean_dp),
                words("measured.column_max_dp"): precise(row.max_dp),
            }
            for row in rows
        ]
    )


def figure_ui(found: Changes, key: str) -> str:
    """The figure that is shown, chosen where changes of several are known; its unchanged value stands beside it."""
    figures = list(dict.fromkeys(name for row in found.rows for name in row.change)) or list(found.clean)[:1]
    chosen = figures[0] if figures else ""
    if len(figures) > 1:
        chosen = st.segmented_control(
            words("pages.figure"),
            figures,
            default=chosen,
            format_func=lambda name: figure_name(name, language()),
            required=True,
            key=key,
            label_visibility="collapsed",
        )
    if chosen in found.clean:
        value = precise(found.clean[chosen].value)
        st.markdown(muted(words("pages.unchanged", figure=figure_name(chosen, language()), value=value)))
    return chosen


def _by_name(rows: Sequence[Changed]) -> Mapping[str, list[Changed]]:
    found: dict[str, list[Changed]] = {}
    for row in rows:
        found.setdefault(row.name, []).append(row)
    return found


def _share(value: float | None) -> str:
    return "–" if value is None else words("interface.share", share=Percent(value))
