"""Models: what each model is, and on whom it was tested."""

import streamlit as st

from util.interface import all_cards, broken_ui, card_ui, contents_ui, page, plain, words


def main() -> None:
    """One card a model, then the cards that cannot be read."""
    with page("models"):
        st.title(words("pages.models_title"), anchor=False)
        st.markdown(plain(words("pages.models_intro")))
        cards, broken = all_cards()
        if not cards:
            st.markdown(plain(words("pages.models_none")))
        if len(cards) > 1:
            contents_ui(cards)
        for card in cards:
            card_ui(card)
        broken_ui(broken)


main()
