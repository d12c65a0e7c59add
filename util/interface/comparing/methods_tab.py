"""The tab Methods: several ways of asking on one image, filling in as they are ready, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from util.comparison import Comparison, Progress, compare, make_ready
from util.diagnosis import Diagnosis
from util.interface.comparing.asked import Asked, asked_ui, method_name, target_line
from util.interface.comparing.composite import composite_fold_ui, composite_ui
from util.interface.comparing.job import Job, forget_job, job_for
from util.interface.comparing.maps import maps_ui
from util.interface.comparing.measured import measured_ui
from util.interface.comparing.numbers import seconds_text
from util.interface.comparing.parts import parts_ui
from util.interface.comparing.verdict import alike_line, headline, second_line
from util.interface.comparing.watching import EVERY, cancel_ui
from util.interface.given import Given
from util.interface.note import note_ui
from util.interface.states import failed_ui, refused_ui
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain
from util.interface.tongue import said, words
from util.modelstore.fast import reason_for_slow

PLACE = "methods"


def methods_ui(given: Given, diagnosis: Diagnosis) -> None:
    """The comparison of several methods on the image that was given."""
    teaching_ui(diagnosis.card)
    if diagnosis.prediction.familiar is False:
        note_ui(f"{said(diagnosis.headline)} {words('compare.unfamiliar_maps')}")
    head, second = st.empty(), st.empty()
    with st.container(key="compare_line"):
        line = st.empty()
    asked = asked_ui(diagnosis)
    line.markdown(outcome_line(diagnosis, muted_line(target_line(diagnosis, asked.target, given.name))))
    if not asked.methods:
        head.title(words("compare.head_no_methods"), anchor=False)
        st.markdown(plain(words("compare.choose_methods")))
        return
    make_ready(diagnosis)  # curves ask thousands of passes, which begin with the second piece
    key = (*given.key, asked)
    job = job_for(PLACE, key, work(diagnosis, asked))
    polling = job.running
    look = st.fragment(results_ui, run_every=EVERY if polling else None)
    look(head, second, job, diagnosis, asked, polling)
    if not polling and job.latest is not None:
        parts_ui(given, diagnosis, job.latest)
    measured_ui(diagnosis.card)


def outcome_line(diagnosis: Diagnosis, line: str) -> str:
    """What Diagnose says of this image, "no verdict" included, above `line`; of an unfamiliar one the note says it."""
    if diagnosis.prediction.familiar is False:
        return line
    return f"{plain(said(diagnosis.headline))}  \n{line}"


def muted_line(line: str) -> str:
    """An escaped line in the quieter ink."""
    return f":gray[{line}]"


def work(diagnosis: Diagnosis, asked: Asked):
    """What the job of this question runs."""

    def run(job: Job) -> Iterator[Comparison]:
        return compare(
            diagnosis,
            asked.methods,
            asked.target,
            preset=asked.preset,
            layer=asked.layer,
            progress=job.note,
            cancelled=job.cancelled,
        )

    return run


def results_ui(head, second, job: Job, diagnosis: Diagnosis, asked: Asked, polling: bool) -> None:
    """Everything that grows while the job runs; drawn again by itself until it ends."""
    job.look()
    if polling and not job.running:
        st.rerun()  # the whole page once more, now without looking again
    now = job.latest
    if job.state == "refused":
        head.empty()
        refused_ui(job.refusal)
        return
    if job.state == "failed" and now is None:
        head.empty()
        failed_ui()
        if st.session_state.get("try_again"):  # its button: a job that failed does not begin again by itself
            forget_job(PLACE)
            st.rerun()
        return
    head.title(headline(job, now, asked), anchor=False)
    second.markdown(plain(second_line(job, now)))
    with st.container(key="compare_status"):
        status_ui(job, now, asked)
    ended = now is not None and not job.running
    folded = ended and now.composite is not None and not now.composite.helps
    if ended and not folded:
        composite_ui(now)
    maps_ui(diagnosis, asked, now, job.running)
    if folded:
        composite_fold_ui(now)
    if ended:
        st.markdown(muted(engine_line(now)))


def status_ui(job: Job, now: Comparison | None, asked: Asked) -> None:
    """How far the job is, with the button that ends it; afterwards what it took."""
    done = len(now.findings) if now else 0
    if job.running:
        left, right = st.columns([6, 1], vertical_alignment="center", gap="medium")
        with left:
            share = job.progress.share if isinstance(job.progress, Progress) else 0.0
            st.progress(min(max(share, 0.0), 1.0), text=plain(progress_text(job)))
        with right:
            cancel_ui(job, PLACE)
        return
    if job.state == "done" and now is not None:
        text = words("compare.done", done=done, count=len(asked.methods), seconds=seconds_text(now.seconds))
        st.markdown(muted(" ".join(filter(None, (text, alike_line(now))))))
        return
    key = "compare.cancelled" if job.state == "cancelled" else "compare.broken"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(plain(words(key, done=done, count=len(asked.methods))))
        if st.button(words("compare.go_on"), key="compare_go_on", type="primary"):
            forget_job(PLACE)
            st.rerun()  # the whole page: a piece alone would look at the job that ended


def engine_line(now: Comparison) -> str:
    """What computed the scores, and why TensorFlow did where it still would."""
    reason = reason_for_slow(now.question.network) if "TensorFlow" in now.runtime else None
    line = words("compare.scores_by", runtime=now.runtime)
    return line if reason is None else f"{line} {said(reason)}"


def progress_text(job: Job) -> str:
    """What is computed now, in words."""
    if job.state == "waiting":
        return words("compare.waiting_turn")
    progress = job.progress
    if not isinstance(progress, Progress):
        return words("compare.starting")
    if progress.piece == "controls":
        return words("compare.progress_controls")
    key = "compare.progress_curves" if progress.piece == "curves" else "compare.progress_map"
    return words(key, method=method_name(progress.name), done=progress.done, total=progress.total)
