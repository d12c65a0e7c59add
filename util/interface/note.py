"""A notice that must be read, with the amber line at its left."""

from __future__ import annotations

import streamlit as st

from util.interface.text import markup


def note_ui(text: str) -> None:
    """One sentence as a notice."""
    st.html(f'<p class="note" role="note">{markup(text)}</p>')
