"""The door every page is entered through: settings, style, language, and the gate of the disclaimer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from util.interface.text import plain
from util.interface.tongue import language_ui, words
from util.interface.warmth import after_paint_ui

_STYLE = Path(__file__).parent / "style.css"
_PASSED = "gate_passed"
_ENTERED = "entered"
_WANTED = "wanted_page"
_MARK = Path(__file__).parent / "wordmark.svg"


def enter() -> None:
    """Title and width of the page, the project's mark, the few lines of style of our own, and the two languages."""
    st.session_state[_ENTERED] = True
    st.set_page_config(page_title="Penumbra", layout="wide", initial_sidebar_state="collapsed")
    st.html(_STYLE)
    st.logo(_MARK.read_text("utf-8"), size="large")
    language_ui()


def gate_ui() -> bool:
    """The disclaimer, once a session: True once it was accepted; until then nothing else is shown."""
    # Always written, so that the gate is gone at once, and not only when the page behind it is complete.
    place = st.empty()
    if st.session_state.get(_PASSED):
        return True
    with place.container(key="gate"):
        st.title(words("interface.gate_title"), anchor=False)
        st.markdown(f"**{plain(words('interface.gate_not_medical'))}**")
        for line in ("interface.gate_what", "interface.gate_doctor", "interface.gate_privacy"):
            st.markdown(plain(words(line)))
        st.button(words("interface.gate_accept"), type="primary", key="gate_accept", on_click=_pass)
    after_paint_ui()
    return False


def _pass() -> None:
    st.session_state[_PASSED] = True


def send_to_door(name: str) -> None:
    """Send a visitor who reached the page `name` around the door back to it.

    A server that has not yet run `streamlit_app.py` takes the folder `pages/` for an app of the old kind, and runs a
    page that is addressed directly by itself: without this its first visitor would see no disclaimer.
    """
    if not st.session_state.get(_ENTERED):
        st.session_state[_WANTED] = name
        st.switch_page("streamlit_app.py", query_params=st.query_params.to_dict())


def lead_on() -> None:
    """Bring a visitor whom `send_to_door` sent back to the page that was wanted."""
    if name := st.session_state.pop(_WANTED, None):
        st.switch_page(f"pages/{name}.py", query_params=st.query_params.to_dict())
