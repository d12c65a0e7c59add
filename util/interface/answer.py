"""What comes out, in order: sentence, band and trust, dial beside its meaning, then the rest."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.bars import bars
from util.interface.chips import band_word, chip_ui
from util.interface.downloads import downloads_ui
from util.interface.gauge import gauge
from util.interface.given import Given
from util.interface.map_view import map_ui
from util.interface.names import danger_names, label
from util.interface.outcome import outcome_ui
from util.interface.palette import palette
from util.interface.reading import reading_ui
from util.interface.tabs import tabs_ui
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, said, words
from util.language import chance

_STILL = {"displayModeBar": False, "responsive": True}


def answer_ui(given: Given) -> None:
    """The answer to `given`, or the state that stands in its place."""
    diagnosis = outcome_ui(given)
    if diagnosis is not None:
        diagnosis_ui(diagnosis)


def diagnosis_ui(diagnosis: Diagnosis) -> None:
    """One diagnosis, from its sentence down to the downloads."""
    teaching_ui(diagnosis.card)
    st.title(plain(said(diagnosis.headline)), anchor=False)
    chip_ui(diagnosis)
    number_ui(diagnosis)
    warnings_ui(diagnosis)
    map_ui(diagnosis)
    reading_ui(diagnosis.card.modality)
    with st.container(key="compare_link"):
        st.page_link("pages/compare.py", label=words("compare.link"))
    tabs_ui(diagnosis)
    downloads_ui(diagnosis)


def number_ui(diagnosis: Diagnosis) -> None:
    """The dial beside what its number means; for many classes, the bars of all of them below."""
    dial, meaning = st.columns([5, 6], vertical_alignment="center", gap="medium")
    with dial:
        dial_ui(diagnosis)
    with meaning:
        meaning_ui(diagnosis)
    if len(diagnosis.card.labels) > 2 and diagnosis.prediction.familiar is not False:
        bars_ui(diagnosis)


def dial_ui(diagnosis: Diagnosis) -> None:
    """The dial of the probability that a class that must not be missed is there."""
    card, prediction = diagnosis.card, diagnosis.prediction
    zone = (card.grey_zone.low, card.grey_zone.high) if card.grey_zone else None
    kind = dial_kind(diagnosis)
    st.plotly_chart(
        gauge(prediction.danger, zone, kind, palette(), language()),
        theme=None,
        config=_STILL,
        key="dial",
        alt=dial_alt(diagnosis),
    )


def dial_alt(diagnosis: Diagnosis) -> str:
    """What the dial shows, for whoever cannot see it: no number where none stands on it."""
    prediction, what = diagnosis.prediction, danger_names(diagnosis.card)
    kind = dial_kind(diagnosis)
    if kind == "unfamiliar":
        return words("interface.dial_alt_unfamiliar")
    if kind == "raw":
        return words("interface.dial_alt_raw", what=what, value=float(prediction.danger))
    share = chance(prediction.danger, language())
    return words("interface.dial_alt_calibrated", what=what, share=share, band=band_word(prediction.band))


def dial_kind(diagnosis: Diagnosis) -> str:
    """What kind of number stands on the dial: "calibrated", "raw", or "unfamiliar" (then none does)."""
    if diagnosis.prediction.familiar is False:
        return "unfamiliar"
    return "raw" if diagnosis.prediction.calibrated is None else "calibrated"


def meaning_ui(diagnosis: Diagnosis) -> None:
    """What the number means; where it means something, also the raw score beside it, and what the grey zone is."""
    if len(diagnosis.card.danger) > 1 or diagnosis.card.modality == "own":
        st.markdown(f"**{plain(words('interface.dial_of', names=danger_names(diagnosis.card)))}**")
    st.markdown(plain(said(diagnosis.meaning)))
    if dial_kind(diagnosis) == "calibrated":
        st.markdown(muted(raw_line(diagnosis)))
        if diagnosis.zone is not None:
            st.markdown(muted(said(diagnosis.zone)))


def raw_line(diagnosis: Diagnosis) -> str:
    """Raw beside calibrated, for the number on the dial."""
    card, prediction = diagnosis.card, diagnosis.prediction
    raw = float(sum(prediction.raw[card.labels.index(name)] for name in card.danger))
    return words("interface.raw_beside", raw=raw, calibrated=prediction.danger)


def bars_ui(diagnosis: Diagnosis) -> None:
    """All classes, most probable first, with the key to their signs."""
    prediction, card = diagnosis.prediction, diagnosis.card
    st.plotly_chart(
        bars(card, prediction, palette(), language()),
        theme=None,
        config=_STILL,
        key="bars",
        alt=words(
            "interface.bars_alt",
            name=label(card, prediction.top),
            share=chance(float(prediction.probabilities[prediction.top]), language()),
        ),
    )
    st.markdown(muted(words("interface.bars_key")))


def warnings_ui(diagnosis: Diagnosis) -> None:
    """Warnings on quality and familiarity, where there are any, before anything is read out of the map."""
    if diagnosis.warnings:
        with st.container(key="warnings", gap="xxsmall"):
            for warning in diagnosis.warnings:
                st.markdown(plain(said(warning)))
