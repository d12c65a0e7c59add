"""The visitor's language: first the browser's, then the one chosen, kept in the address as `?language=fr`."""

from __future__ import annotations

import streamlit as st

from util.interface.address import to_address
from util.language import LANGUAGES, Percent, Sentence, say

KEY = "language"


def language() -> str:
    """The language of this session: the chosen one, else the browser's where it is known, else English."""
    chosen = st.session_state.get(KEY) or st.query_params.get(KEY)
    if chosen in LANGUAGES:
        return chosen
    browser = (st.context.locale or "").split("-")[0].lower()
    return browser if browser in LANGUAGES else LANGUAGES[0]


def words(key: str, /, **values: object) -> str:
    """The catalogue's sentence of `key` in this session's language; KeyError for an unknown key or field."""
    return say(key, language(), **values)


def said(sentence: Sentence) -> str:
    """A sentence that came from a lower room, in this session's language."""
    return sentence.text(language())


def share(value: float) -> str:
    """A share in [0, 1] as a percentage: 83% or 83 % (French)."""
    return words("interface.share", share=Percent(value))


def language_ui() -> None:
    """The two languages at the top right; the choice stands in the address, so that a link carries it."""
    with st.container(key="language_choice"):
        st.segmented_control(
            words("interface.language"),
            LANGUAGES,
            default=language(),
            format_func=str.upper,
            required=True,
            key=KEY,
            persist_state="session",
            label_visibility="collapsed",
        )
    to_address(KEY, language())
