"""The three tabs of the page: the open one stands in the address, and it alone is run."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.address import to_address
from util.interface.comparing.methods_tab import methods_ui
from util.interface.comparing.sanity_tab import sanity_ui
from util.interface.comparing.two_models_tab import two_models_ui
from util.interface.given import Given
from util.interface.states import failed_ui, refused_ui, waiting_ui
from util.interface.tongue import language, words
from util.interface.walk import answer, answered
from util.interface.warmth import is_cold
from util.language import PenumbraError

_PIECES = {"methods": methods_ui, "sanity": sanity_ui, "two_models": two_models_ui}


def compare_tabs_ui(given: Given) -> None:
    """What the open tab shows of the image, once the model has answered; else why it has not."""
    labels = {name: words(f"compare.tab_{name}") for name in _PIECES}
    wanted = st.query_params.get("tab")
    tabs = st.tabs(
        list(labels.values()),
        default=labels.get(wanted),
        key=f"compare_tab_{language()}",  # a tab is known by its label, which changes with the language
        on_change="rerun",
    )
    for (name, piece), tab in zip(_PIECES.items(), tabs, strict=True):
        if tab.open:
            to_address("tab", None if name == "methods" else name)
            with tab:
                diagnosis = diagnosis_of(given)
                if diagnosis is not None:
                    piece(given, diagnosis)


def diagnosis_of(given: Given) -> Diagnosis | None:
    """The answer to `given`, the same that Diagnose shows; None after saying why there is none."""
    waiting = st.empty()
    if not answered(given):
        with waiting.container():
            waiting_ui(is_cold())
    outcome = answer(given)
    waiting.empty()
    if outcome is None:
        failed_ui()
    elif isinstance(outcome, PenumbraError):
        refused_ui(outcome)
    else:
        return outcome
    return None
