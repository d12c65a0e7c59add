"""Each network's idea, strengths and limits, beside how it learnt here and which classes it confused."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from util.interface.confusion import confusion_ui
from util.interface.learning_curve import learning_curve
from util.interface.palette import palette
from util.interface.precise import precise
from util.interface.run_words import network_name, run_name, weights_name
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.language import entries
from util.modelstore.card import Card
from util.modelstore.record_of_runs import Run, Runs
from util.report.names import figure_name


def networks_ui(card: Card, found: Runs) -> None:
    """One run at a time: the idea of its network, its learning curve, its confusion matrix."""
    runs = {run.row: run for run in (*found.study, *found.runs)}
    if len(runs) < len(found.study) + len(found.runs):  # a name may stand in both tables
        runs = {f"{i} {run.row}": run for i, run in enumerate((*found.study, *found.runs))}
    names = sorted(runs, key=lambda name: (network_name(runs[name].network).lower(), _area(runs[name])))
    own = own_network(card)
    first = next((i for i, name in enumerate(names) if runs[name].network == own), 0)
    chosen = st.selectbox(
        words("pages.run"),
        names,
        index=first,
        format_func=lambda name: run_name(runs[name], side=runs[name] not in found.study),
        key=f"run_{card.name}",
    )
    run = runs[chosen or names[first]]
    if text := idea(run.network):
        st.markdown(plain(text))
    st.markdown(muted(_line(run)))
    curve, matrix = st.columns(2, gap="large")
    with curve:
        if run.curve:
            st.plotly_chart(
                learning_curve(run.curve, palette(), language()),
                theme=None,
                config={"displayModeBar": False, "responsive": True},
                key=f"curve_{card.name}",
                alt=words("pages.curve_alt", network=network_name(run.network)),
            )
            st.markdown(muted(words("measured.note_learning")))
    with matrix:
        if run.confusion:
            confusion_ui(card, run.labels or card.labels, run.confusion, f"matrix_{card.name}")


def idea(network: str) -> str:
    """Two sentences on a network: its idea with its paper, then its strengths and limits; "" where unknown."""
    key = f"networks.idea_{network.replace('-', '_')}"
    return words(key) if key in entries() else ""


def own_network(card: Card) -> str:
    """The network of the card's own file, where the card says it."""
    training = card.extra.get("training")
    configuration = training.get("configuration") if isinstance(training, Mapping) else None
    return str(configuration.get("model", "")) if isinstance(configuration, Mapping) else ""


def _area(run: Run) -> float:
    return -run.auc.value if run.auc else 1.0


def _line(run: Run) -> str:
    parts = [weights_name(run.weights)]
    if run.parameters is not None:
        millions = words("pages.millions", value=run.parameters / 1e6)
        parts.append(f"{millions} {words('pages.column_parameters').lower()}")
    if run.auc is not None:
        parts.append(f"{figure_name('auc', language())} {precise(run.auc)}")
    if run.n is not None and run.groups is not None:
        parts.append(words("pages.run_measured", images=run.n, groups=run.groups))
    return " · ".join(parts)
