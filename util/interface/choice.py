"""Which model answers, where a kind of image has several: the default first, the choice in the address."""

from __future__ import annotations

import streamlit as st

from util.interface.address import from_address, to_address
from util.interface.shelf import cards_of
from util.interface.tongue import language, words
from util.modelstore.card import Card
from util.report.names import said, teaching_mark

_NAME = "model"  # in the address


def choice_ui(modality: str) -> Card | None:
    """The card that answers for `modality`, chosen where there are several; None where there is none.

    Another model is opened when it is first asked, not before: one that nobody chooses takes no memory.
    """
    shelf = {card.name: card for card in cards_of(modality)}
    if len(shelf) < 2:
        to_address(_NAME, None)
        return next(iter(shelf.values()), None)
    names, key = list(shelf), f"model_{modality}"
    from_address(key, names, _NAME)
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    titles = {name: _title(card) for name, card in shelf.items()}
    chosen = st.selectbox(
        words("interface.model_choice"),
        names,
        format_func=titles.__getitem__,
        key=key,
        persist_state="session",
    )
    to_address(_NAME, chosen)
    return shelf[chosen or names[0]]


def _title(card: Card) -> str:
    """The model's title, a teaching model's with its mark before it: the box is narrow, and cuts what comes last."""
    title = said(card.title, language()) or card.name
    if not card.teaching:
        return title
    return words("interface.model_teaching", mark=teaching_mark(card, language()), title=title)
