"""The three tabs of the page: the open one stands in the address, and it alone is run."""

from __future__ import annotations

import streamlit as st

from util.interface.address import to_address
from util.interface.comparing.bar import reopened_ui
from util.interface.comparing.methods_tab import methods_ui
from util.interface.comparing.sanity_tab import sanity_ui
from util.interface.comparing.two_models_tab import two_models_ui
from util.interface.given import Given
from util.interface.outcome import outcome_ui
from util.interface.tongue import language, words

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
                diagnosis = outcome_ui(given)
                reopened_ui(given)
                if diagnosis is not None:
                    piece(given, diagnosis)
