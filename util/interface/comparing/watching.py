"""The line that shows how far a job is, with the button that ends it; it looks by itself until the job has ended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from util.interface.comparing.job import Job, forget_job
from util.interface.note import note_ui
from util.interface.text import plain
from util.interface.tongue import said, words

EVERY = 0.8  # seconds between two looks at a running job


def watched_ui(job: Job, place: str, told: Callable[[Job], tuple[float, str]]) -> bool:
    """Whether `job` at `place` is done; until then its progress (`told`: share in [0, 1], words), or why it ended."""
    if job.running:
        st.fragment(_look, run_every=EVERY)(job, place, told)
        return False
    if job.state == "done":
        return True
    ended_ui(job, place)
    return False


def _look(job: Job, place: str, told: Callable[[Job], tuple[float, str]]) -> None:
    job.look()
    if not job.running:
        st.rerun()
    left, right = st.columns([6, 1], vertical_alignment="center", gap="medium")
    with left:
        share, text = told(job)
        if job.state == "waiting":
            text = words("compare.waiting_turn")
        st.progress(min(max(share, 0.0), 1.0), text=plain(text))
    with right:
        cancel_ui(job, place)


def cancel_ui(job: Job, place: str) -> None:
    """The button that ends the job."""
    st.button(words("compare.cancel"), key=f"cancel_{place}", on_click=job.stop, args=(True,))


def ended_ui(job: Job, place: str) -> None:
    """Why a job ended before its time, and the button that goes on."""
    if job.state == "refused":
        note_ui(said(job.refusal.sentence))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        key = "compare.stopped" if job.state == "cancelled" else "compare.broken"
        st.markdown(plain(words(key)))
        st.button(words("compare.go_on"), key=f"go_on_{place}", on_click=forget_job, args=(place,))
