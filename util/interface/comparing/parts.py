"""What stands below the maps once all are there: agreement, curves, one map closely, the table, and more."""

from __future__ import annotations

import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.interface.comparing.closely import closely_ui
from util.interface.comparing.curves import curves_ui
from util.interface.comparing.engine import engine_ui
from util.interface.comparing.exports import exports_ui
from util.interface.comparing.matrix import agreement_ui
from util.interface.comparing.metadata import metadata_part_ui
from util.interface.comparing.table import table_ui
from util.interface.given import Given


def parts_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """One section below the other, each redrawn by itself where something is chosen in it."""
    if not now.findings:
        return
    with st.container(key="parts", gap="large"):
        if now.agreement is not None:
            with st.container():
                agreement_ui(diagnosis, now)
        if now.faithfulness is not None:
            with st.container():
                curves_ui(now)
        with st.container():
            table_ui(given, diagnosis, now)
        with st.container():
            closely_ui(diagnosis, now)
            engine_ui(given, diagnosis, now)
        if diagnosis.card.metadata is not None:
            with st.container():
                metadata_part_ui(diagnosis, now)
        with st.container():
            exports_ui(given, diagnosis, now)
