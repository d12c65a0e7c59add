"""The comparison to take away: PDF pages, one picture, or the bare arrays; made only when asked for."""

from __future__ import annotations

import datetime

import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.interface.comparing.asked import colours_of
from util.interface.given import Given
from util.interface.text import muted
from util.interface.tongue import language, words


def exports_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """Three buttons; the files are built in memory at the click, in the language of the screen."""
    in_language, colours = language(), colours_of(diagnosis.card)
    sample = given.name if given.synthetic else ""  # the name of a person's file may hold more than it should

    def make_pdf() -> bytes:
        from util.comparison import comparison_pdf

        return comparison_pdf(now, in_language, datetime.date.today(), sample=sample)

    def make_png() -> bytes:
        from util.comparison import comparison_png

        return comparison_png(now, in_language, datetime.date.today(), colours=colours, sample=sample)

    def make_npz() -> bytes:
        from util.comparison import comparison_npz

        return comparison_npz(now, datetime.date.today())

    stem = f"penumbra-compare-{diagnosis.card.name}-{diagnosis.photograph.sha256[:8]}"
    kinds = {
        "pdf": (make_pdf, "application/pdf"),
        "png": (make_png, "image/png"),
        "npz": (make_npz, "application/octet-stream"),
    }
    st.subheader(words("compare.export"), anchor=False)
    st.markdown(muted(words("compare.export_what")))
    with st.container(key="exports", horizontal=True):
        for kind, (make, mime) in kinds.items():
            st.download_button(
                words(f"compare.export_{kind}"),
                make,
                f"{stem}.{kind}",
                mime,
                key=f"export_{kind}",
                on_click="ignore",
            )
