"""What goes in, in one fold above the tabs: the same image, model and metadata as on Diagnose."""

from __future__ import annotations

import streamlit as st

from util.interface.choice import choice_ui
from util.interface.given import Given
from util.interface.intake import image_ui, metadata_ui, modality_ui, scale_ui
from util.interface.text import muted, plain
from util.interface.tongue import said, words
from util.interface.walk import known_answer
from util.language import PenumbraError
from util.modelstore.card import Card
from util.prediction import Metadata
from util.samples import samples

_FOLD = "image_fold"
_TOKEN = "image_token"
_REFUSED = "image_refused"


def given_bar_ui() -> tuple[Card | None, Given | None]:
    """The card that answers and what was given; the fold is open while nothing is, and closes once an image is."""
    modality = st.session_state.get("modality") or st.query_params.get("modality") or "chest"
    name = _chosen(modality)
    refused = st.session_state.get(_REFUSED)
    if st.session_state.get(_TOKEN) != (modality, name, refused):
        st.session_state[_TOKEN] = modality, name, refused
        st.session_state[_FOLD] = name is None or refused is not None
    label = words("compare.bar", name=name) if name else words("compare.bar_empty")
    with (
        st.container(key="bar"),
        st.expander(plain(label), key=_FOLD, on_change="rerun"),
    ):
        left, right = st.columns([4, 7], gap="large")
        with left:
            modality = modality_ui()
            card = choice_ui(modality)
        with right:
            image = image_ui(modality)
        with left:  # after the image: a drawn sample brings its own metadata
            metadata = metadata_ui(card, image) if card is not None else Metadata()
            scale = scale_ui(modality)
    if image is None:
        return card, None
    data, name, synthetic = image
    model, by_name = (card.sha256, card.name) if card else ("", "")
    return card, Given(data, name, modality, synthetic, metadata, scale, model, by_name)


def reopened_ui(given: Given) -> None:
    """Opens the fold again after a refused file, once a file; its widgets stand already, so the page runs once more."""
    refused = given.key if isinstance(known_answer(given), PenumbraError) else None
    if st.session_state.get(_REFUSED) != refused:
        st.session_state[_REFUSED] = refused
        st.rerun()


def _chosen(modality: str) -> str | None:
    """The name of the image that is chosen now, read before the widgets that choose it are drawn."""
    key = st.session_state.get("sample") or st.query_params.get("sample")
    for sample in samples(modality):
        if sample.key == key:
            return said(sample.title)
    kept = st.session_state.get(f"kept_{modality}")
    return kept[1] if kept else None


def nothing_yet_ui() -> None:
    """Before any image: what this page will show."""
    st.title(words("compare.empty_title"), anchor=False)
    st.markdown(plain(words("compare.empty_next")))
    for line in ("compare.empty_maps", "compare.empty_measures", "compare.empty_truth"):
        st.markdown(muted(words(line)))
