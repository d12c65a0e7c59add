"""A fold for what is written down beside a card, read once it is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from util.interface.note import note_ui
from util.interface.tongue import said
from util.modelstore.card import Card
from util.modelstore.errors import RecordError
from util.modelstore.records import has_record


@st.fragment
def record_fold_ui(
    card: Card,
    name: str,
    title: str,
    key: str,
    read: Callable[[Card], Any],
    draw: Callable[[Any], None],
    other: Callable[[Any], str] | None = None,
) -> None:
    """The fold `title` of the record `name` of `card`, drawn by `draw`; nothing where there is no such record.

    `other` says of a record that it is of another model file; without it a record is of the card, whatever the file.
    """
    if not has_record(card, name):
        return
    fold = st.expander(title, key=f"{key}_{card.name}", on_change="rerun")
    if not fold.open:
        return
    with fold:
        try:
            found = read(card)
        except RecordError as error:
            note_ui(said(error.sentence))
            return
        if found is None:
            return
        if other is not None and found.sha256 != card.sha256:
            note_ui(other(found))
            return
        draw(found)
