"""The answer to take away: a PDF and a JSON, made only when asked for, never written to the server's disk."""

from __future__ import annotations

import datetime

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.tongue import language, words


def downloads_ui(diagnosis: Diagnosis) -> None:
    """Two buttons; the files are built in memory at the click, in the language of the screen."""
    in_language = language()

    def make_pdf() -> bytes:
        from util.report import pdf

        return pdf(diagnosis, in_language, datetime.date.today())

    def make_json() -> bytes:
        from util.report import as_json

        return as_json(diagnosis, in_language).encode("utf-8")

    stem = f"penumbra-{diagnosis.card.name}-{diagnosis.photograph.sha256[:8]}"
    with st.container(key="downloads", horizontal=True):
        st.download_button(
            words("interface.download_pdf"),
            make_pdf,
            f"{stem}.pdf",
            "application/pdf",
            key="download_pdf",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            words("interface.download_json"),
            make_json,
            f"{stem}.json",
            "application/json",
            key="download_json",
            on_click="ignore",
        )
