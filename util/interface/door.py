"""The door every page is entered through: settings, style, language, and the gate of the disclaimer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from util.interface.text import plain
from util.interface.tongue import KEY, language, language_ui, words

_STYLE = Path(__file__).parent / "style.css"
_PASSED = "gate_passed"
_MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">
<circle cx="16" cy="16" r="15" fill="#0F6E6E"/><path d="M16 1a15 15 0 0 1 0 30z" fill="#14171C"/>
<circle cx="16" cy="16" r="8.5" fill="#B9822B"/></svg>"""


def settings() -> None:
    """Title and width of the page, the project's mark, and the few lines of style of our own."""
    st.set_page_config(page_title="Penumbra", layout="wide", initial_sidebar_state="collapsed")
    st.html(_STYLE)
    st.logo(_MARK, size="medium")


def gate_ui() -> bool:
    """The disclaimer, once a session: True once it was accepted; until then nothing else is shown."""
    if st.session_state.get(_PASSED):
        return True
    with st.container(key="gate"):
        language_ui()
        st.title(words("interface.gate_title"), anchor=False)
        st.markdown(f"**{plain(words('interface.gate_not_medical'))}**")
        for line in ("interface.gate_what", "interface.gate_doctor", "interface.gate_privacy"):
            st.markdown(plain(words(line)))
        st.button(words("interface.gate_accept"), type="primary", on_click=_pass)
    return False


def _pass() -> None:
    st.session_state[_PASSED] = True
    # Set by code, the language is written into the address too, so that a copied link carries it.
    st.session_state[KEY] = language()
