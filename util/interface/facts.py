"""What was given, in three lines: the file's facts, what decoding noticed, and the one-line warning."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.given import Given
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, said, words
from util.interface.walk import known_answer
from util.modelstore.card import Card


def given_ui(given: Given) -> None:
    """Name, size and format of the image once it was read; a drawn sample says that it is one."""
    st.subheader(words("interface.given"), anchor=False)
    outcome = known_answer(given)
    if not isinstance(outcome, Diagnosis):
        st.markdown(strong(given.name))
    else:
        facts = outcome.photograph.facts
        size = words(
            "interface.given_facts",
            width=facts.width,
            height=facts.height,
            format=facts.format,
            bits=facts.bits,
        )
        st.markdown(f"{strong(given.name)} {plain('· ' + size)}")
        for notice in outcome.photograph.notices:
            st.markdown(muted(said(notice)))
    if given.synthetic:
        st.markdown(muted(words("interface.given_synthetic")))


def warning_ui(card: Card | None, key: str = "notice") -> None:
    """Education only, and whom the model knows; `key` "notice_below" shows on narrow screens alone."""
    with st.container(key=key):
        if card is None:
            st.markdown(plain(words("interface.warning_short")))
        else:
            st.markdown(plain(words("interface.warning_line", population=card.population[language()])))
