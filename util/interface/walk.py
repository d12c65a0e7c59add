"""The walk from an image to its answer, once for each image that is given."""

from __future__ import annotations

import logging

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.given import Given
from util.interface.warmth import my_turn
from util.language import PenumbraError

_SLOT = "answer_slot"
_log = logging.getLogger(__name__)


def answered(given: Given) -> bool:
    """Whether this session already holds the answer to `given`."""
    return st.session_state.get(_SLOT, (None, None))[0] == given.key


def known_answer(given: Given) -> Diagnosis | PenumbraError | None:
    """The answer to `given` where this session already holds it, else None."""
    return st.session_state[_SLOT][1] if answered(given) else None


def answer(given: Given) -> Diagnosis | PenumbraError | None:
    """The diagnosis of `given`, its refusal, or None where the walk failed; one slot a session, so no second run.

    The slot keeps one diagnosis in memory and writes nothing to disk. A failure is logged on the server and
    not kept, so that trying again runs again.
    """
    if answered(given):
        return st.session_state[_SLOT][1]
    from util.diagnosis import diagnose

    try:
        with my_turn():
            outcome = diagnose(
                given.data,
                given.modality,
                metadata=given.metadata,
                um_per_pixel=given.um_per_pixel,
                model=given.card or None,
            )
    except PenumbraError as refusal:
        outcome = refusal
    except Exception:
        # The page must stay usable whatever breaks below; the log has the cause, the screen has no internals.
        _log.exception("the walk failed on a %s image", given.modality)
        return None
    st.session_state[_SLOT] = (given.key, outcome)
    return outcome
