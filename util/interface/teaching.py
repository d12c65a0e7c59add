"""A model that is wrong on purpose says so wherever it is named."""

from __future__ import annotations

import streamlit as st

from util.interface.text import markup
from util.interface.tongue import language
from util.modelstore.card import Card
from util.report.names import teaching_text


def teaching_ui(card: Card) -> None:
    """Why a teaching model is wrong, before anything it says; nothing for any other model."""
    if text := teaching_text(card, language()):
        st.html(f'<p class="teaching" role="note">{markup(text)}</p>')
