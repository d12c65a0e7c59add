"""How to read a map, by kind of image: a fold under the map."""

from __future__ import annotations

import streamlit as st

from util.interface.text import plain, strong
from util.interface.tongue import words

_RULES = ("not_the_disease", "strength", "scattered")


def reading_ui(modality: str) -> None:
    """What a heat map is and is not, what its strength means, what scattered and misplaced heat suggest."""
    with st.expander(words("interface.reading")):
        for rule in _RULES:
            _rule_ui(f"interface.reading_{rule}")
        _rule_ui(f"interface.reading_suspicious_{modality}")
        if modality == "breast":
            _rule_ui("interface.reading_coarse")


def _rule_ui(key: str) -> None:
    st.markdown(f"{strong(words(key + '_title'))} {plain(words(key))}")
