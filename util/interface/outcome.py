"""What became of an image: its diagnosis, or the state that every page shows in its place."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.given import Given
from util.interface.states import failed_ui, refused_ui, waiting_ui
from util.interface.walk import answer, answered
from util.interface.warmth import is_cold
from util.language import PenumbraError


def outcome_ui(given: Given) -> Diagnosis | None:
    """The answer to `given`, computed behind a piece that says so; None after saying why there is none."""
    # A place of its own: a container put where another stood would keep what that one held.
    waiting = st.empty()
    if not answered(given):
        with waiting.container():
            waiting_ui(is_cold())
    outcome = answer(given)
    waiting.empty()
    if outcome is None:
        failed_ui()
    elif isinstance(outcome, PenumbraError):
        refused_ui(outcome)
    else:
        return outcome
    return None
