"""The designed states of the answer's place: nothing yet, waiting, refused, failed; each says what to do next."""

from __future__ import annotations

import streamlit as st

from util.interface.gauge import gauge
from util.interface.palette import palette
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, said, words
from util.language import PenumbraError
from util.modelstore.card import Card
from util.samples import samples


def empty_ui(card: Card | None) -> None:
    """Before any image: what will stand here, with this model's own bands on a dial without a needle."""
    if card is not None:
        teaching_ui(card)
    st.title(words("interface.empty_title"), anchor=False)
    drawn = card is None or samples(card.modality)
    st.markdown(plain(words("interface.empty_next" if drawn else "interface.empty_next_file")))
    dial, meaning = st.columns([5, 6], vertical_alignment="center", gap="medium")
    zone = (card.grey_zone.low, card.grey_zone.high) if card and card.grey_zone else None
    kind = "calibrated" if card and card.calibration else "raw"
    with dial:
        st.plotly_chart(
            gauge(None, zone, kind, palette(), language()),
            theme=None,
            config={"displayModeBar": False, "responsive": True},
            key="dial_empty",
            alt=empty_dial_alt(kind, zone is not None),
        )
    with meaning:
        for line in ("interface.empty_sentence", "interface.empty_zone", "interface.empty_map"):
            st.markdown(muted(words(line)))


def empty_dial_alt(kind: str, zone: bool) -> str:
    """What the empty dial shows: bands where it is "calibrated" with a zone, else why it has none."""
    if kind == "calibrated" and zone:
        return words("interface.empty_dial_alt")
    why = words("interface.dial_no_zone" if kind == "calibrated" else "interface.dial_raw")
    return words("interface.empty_dial_alt_hatched", why=why)


def waiting_ui(cold: bool) -> None:
    """While the walk runs: the same places, empty, and one line on what is happening."""
    st.skeleton(height=44)
    st.markdown(muted(words("interface.waiting_cold" if cold else "interface.waiting")))
    dial, meaning = st.columns([5, 6], gap="medium")
    dial.skeleton(height=250)
    meaning.skeleton(height=250)
    left, right = st.columns(2, gap="small")
    left.skeleton(height=330)
    right.skeleton(height=330)


def refused_ui(refusal: PenumbraError) -> None:
    """A file that cannot be answered: why, in the refusal's own sentence, and what to try."""
    st.title(words("interface.refused_title"), anchor=False)
    with st.container(key="refusal"):
        st.markdown(plain(said(refusal.sentence)))
    st.markdown(muted(words("interface.refused_next")))


def failed_ui() -> None:
    """Something broke on our side: say so, say that nothing was concluded, offer another try."""
    st.title(words("interface.failed_title"), anchor=False)
    st.markdown(plain(words("interface.failed_text")))
    st.button(words("interface.try_again"), type="primary", key="try_again")


def no_model_ui() -> None:
    """No card for this kind of image stands in the models folder."""
    st.title(words("interface.no_model_title"), anchor=False)
    st.markdown(plain(words("interface.no_model_next")))
