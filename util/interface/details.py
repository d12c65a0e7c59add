"""The test of a card beyond its headline figures: for whom it holds, and what spoils it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from util.interface.record_fold import record_fold_ui
from util.interface.robustness import attacks_ui, copies_ui, corruptions_ui, storage_ui
from util.interface.shortcuts import focus_ui, mistakes_ui, shortcuts_ui
from util.interface.subgroups import subgroups_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.modelstore.card import Card
from util.modelstore.record_of_test import Details
from util.modelstore.records import EVALUATION, read_details
from util.report.names import data_name


def details_fold_ui(card: Card) -> None:
    """The fold of a card's test in detail; nothing where no details are written down."""
    record_fold_ui(
        card,
        EVALUATION,
        words("pages.tested"),
        "tested",
        read_details,
        lambda found: tested_ui(card, found),
        lambda found: words("pages.tested_other", command=found.command),
    )


def tested_ui(card: Card, found: Details) -> None:
    """One tab a question, only those that the record answers."""
    pieces: dict[str, Callable[[], None]] = {}
    if found.subgroups:
        pieces["subgroups"] = lambda: subgroups_ui(found.subgroups)
    if found.corruptions is not None:
        pieces["corruptions"] = lambda: corruptions_ui(found.corruptions, card.name)
    if found.attacks is not None:
        pieces["attacks"] = lambda: attacks_ui(found.attacks, card.name)
    if found.copies or found.storage is not None:
        pieces["storage"] = lambda: _copies_and_storage(card, found)
    if found.shortcuts is not None or found.focus is not None:
        pieces["shortcuts"] = lambda: _shortcuts_and_focus(card, found)
    if found.confusion is not None or found.errors is not None:
        pieces["errors"] = lambda: mistakes_ui(card, found)
    where = {"data": data_name(found.data, language()), "part": data_name(found.part, language())}
    st.markdown(plain(words("pages.tested_on", images=found.images, groups=found.groups, **where)))
    if pieces:
        names = [words(f"measured.heading_{name}") for name in pieces]
        for tab, piece in zip(st.tabs(names), pieces.values(), strict=True):
            with tab:
                piece()
    st.markdown(muted(words("pages.command")))
    st.code(found.command, language=None)


def _copies_and_storage(card: Card, found: Details) -> None:
    if found.copies:
        copies_ui(found.copies)
    if found.storage is not None:
        storage_ui(found.storage, card.name)


def _shortcuts_and_focus(card: Card, found: Details) -> None:
    if found.shortcuts is not None:
        shortcuts_ui(card, found.shortcuts)
    if found.focus is not None:
        focus_ui(found.focus)
