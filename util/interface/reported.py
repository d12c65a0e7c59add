"""What others report, beside what the same kind of network reaches here."""

from __future__ import annotations

import streamlit as st

from util.interface.precise import precise
from util.interface.rows import rows_ui
from util.interface.run_words import network_name, phrases, weights_name
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.modelstore.card import Card, Figure
from util.modelstore.record_of_runs import Reported, Run, Runs
from util.report.names import figure_name

_AREAS = ("auc", "macro_auc")


def reported_ui(card: Card, found: Runs) -> None:
    """What others report, each beside the same kind of network here, and this card's own model last."""
    st.markdown(plain(words("pages.reported_what")))
    described = {run.row: run for run in found.study}
    rows = []
    for entry in found.reported:
        who = ", ".join(phrases(part) for part in (entry.source, entry.measured) if part)
        rows.append(_reported_row(network_name(entry.network), who, entry, card))
        for run in entry.here:
            who = words("pages.here", weights=weights_name(run.weights))
            if also := described.get(run.row, run).also:
                who = f"{who}, {phrases(also)}"
            rows.append(_reported_row(network_name(run.network), who, run, card))
    if card.test is not None:
        rows.append(_own_row(card))
    rows_ui(rows)
    st.markdown(muted(words("pages.reported_note")))


def _reported_row(network: str, who: str, figures: Reported | Run, card: Card) -> dict[str, str]:
    row = {words("pages.column_network"): network, words("pages.column_who"): who}
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        row[figure_name(name, language())] = precise(getattr(figures, name))
    f1 = getattr(figures, "f1", None)
    if f1 is not None:
        row[figure_name("macro_f1", language())] = f"{figure_name('f1', language())} {precise(f1)}"
    row[figure_name("auc", language())] = precise(figures.auc)
    row[words("pages.column_critical")] = precise(figures.critical_recall)
    return row


def _own_row(card: Card) -> dict[str, str]:
    own = card.test.figures
    critical = own.get("sensitivity") or own.get(f"recall_{(card.danger_order or card.danger)[0]}")
    area = next((own[name] for name in _AREAS if name in own), None)
    row = {
        words("pages.column_network"): words("pages.this_model"),
        words("pages.column_who"): words("pages.on_test"),
    }
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        row[figure_name(name, language())] = _value(own.get(name))
    row[figure_name("auc", language())] = precise(area)
    row[words("pages.column_critical")] = _value(critical)
    return row


def _value(figure: Figure | None) -> str:
    return precise(None if figure is None else figure.value)
