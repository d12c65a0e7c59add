"""The runs behind a card: what was tried, what others report beside it, what a leak flatters, what the networks are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from util.interface.leak import leak_ui
from util.interface.names import own_label
from util.interface.networks import networks_ui
from util.interface.precise import precise
from util.interface.record_fold import record_fold_ui
from util.interface.reported import reported_ui
from util.interface.rows import rows_ui
from util.interface.run_words import network_name, phrases, weights_name
from util.interface.studies import has_studies, studies_title, studies_ui
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, words
from util.language import number
from util.modelstore.card import Card
from util.modelstore.record_of_runs import Run, Runs
from util.modelstore.records import RUNS, read_runs
from util.report.names import figure_name


def runs_fold_ui(card: Card) -> None:
    """The fold of a card's runs; nothing where no runs are written down."""
    record_fold_ui(card, RUNS, words("pages.runs"), "runs", read_runs, lambda found: runs_ui(card, found))


def runs_ui(card: Card, found: Runs) -> None:
    """One tab a question, only those that the record answers."""
    pieces: dict[str, Callable[[], None]] = {}
    if found.study or found.runs or found.missing:
        pieces["runs"] = lambda: tables_ui(card, found)
    if found.reported:
        pieces["reported"] = lambda: reported_ui(card, found)
    if found.leakage is not None:
        pieces["leak"] = lambda: leak_ui(card, found.leakage)
    if found.study or found.runs:
        pieces["networks"] = lambda: networks_ui(card, found)
    if has_studies(found):
        pieces["studies"] = lambda: studies_ui(card, found)
    if not pieces:
        st.markdown(muted(words("pages.runs_none")))
        return
    titles = [studies_title(found) if name == "studies" else words(f"pages.tab_{name}") for name in pieces]
    for tab, piece in zip(st.tabs(titles), pieces.values(), strict=True):
        with tab:
            piece()


def tables_ui(card: Card, found: Runs) -> None:
    """The study on one budget, best first, what is still missing, then the runs with budgets of their own."""
    if found.study:
        st.markdown(plain(words("pages.study_what")))
        if line := budget_line(found.study):
            st.markdown(muted(line))
        rows_ui(run_rows(card, found.study))
        st.markdown(muted(words("pages.study_flatters")))
    if found.missing:
        names = ", ".join(found.missing)
        st.markdown(f"{strong(words('pages.runs_missing', count=len(found.missing)))} {plain(names)}")
    if found.runs:
        st.markdown(strong(words("pages.runs_others")))
        rows_ui(run_rows(card, found.runs, budget=True))
    st.markdown(muted(words("pages.runs_command")))
    st.code(f"python -m util.training compare --modality {card.modality}", language=None)


def budget_line(rows: Sequence[Run]) -> str:
    """What all rows share, in one line; "" where they share nothing."""
    parts = []
    for key, values in (
        ("budget_side", {row.side for row in rows}),
        ("budget_seen", {row.images_seen for row in rows}),
        ("budget_seed", {row.seed for row in rows}),
        ("budget_fold", {(row.validation_fold, row.n, row.groups) for row in rows}),
    ):
        value = values.pop() if len(values) == 1 else None
        if isinstance(value, tuple):
            if None not in value:
                fold, images, groups = value
                parts.append(words(f"pages.{key}", fold=fold, images=images, groups=groups))
        elif value is not None:
            parts.append(words(f"pages.{key}", value=value))
    return " · ".join(parts)


def run_rows(card: Card, rows: Sequence[Run], *, budget: bool = False) -> list[dict[str, str]]:
    """One line a run, by falling AUC, runs without one last; `budget` adds what runs of other budgets differ in."""
    ordered = sorted(rows, key=lambda row: -(row.auc.value if row.auc else -1.0))
    named = next((row.critical for row in ordered if row.critical), None)
    recall = figure_name(f"recall_{own_label(card, named)}", language()) if named else ""
    shown = []
    for row in ordered:
        line = {words("pages.column_network"): network_name(row.network)}
        line[words("pages.column_weights")] = weights_name(row.weights)
        line[words("pages.column_imbalance")] = phrases(row.imbalance)
        line[words("pages.column_preparation")] = phrases(row.preparation)
        line[words("pages.column_also")] = phrases(row.also) or "–"
        if budget:
            line[words("pages.column_side")] = _count(row.side)
            line[words("pages.column_seen")] = _count(row.images_seen)
        line[words("interface.column_auc")] = precise(row.auc)
        for name in ("balanced_accuracy", "macro_f1", "accuracy"):
            line[figure_name(name, language())] = precise(getattr(row, name))
        if recall:
            line[recall] = precise(row.critical_recall)
        line[words("pages.column_parameters")] = _millions(row.parameters)
        line[words("pages.column_minutes")] = _count(row.minutes)
        shown.append(line)
    return shown


def _count(value: float | None) -> str:
    return "" if value is None else number(round(value), language())


def _millions(count: int | None) -> str:
    return "" if count is None else words("pages.millions", value=count / 1e6)
