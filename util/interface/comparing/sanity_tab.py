"""The tab Sanity: would a network that has learned nothing have drawn the same map? First you, then the answer."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator

import streamlit as st

from util.comparison.forgetting import Forgetting, Stage, cascade
from util.diagnosis import Diagnosis
from util.explanation import NAMES
from util.interface.comparing.asked import colours_of, method_titles
from util.interface.comparing.job import Job, job_for
from util.interface.comparing.likeness import likeness_chart_ui
from util.interface.comparing.numbers import minus, true_minus
from util.interface.comparing.pictures import drawn, scale_ui
from util.interface.comparing.watching import watched_ui
from util.interface.given import Given
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain
from util.interface.tongue import said, words

PLACE = "sanity"
_WANTED = "sanity_wanted"
_ORDERS = "sanity_orders"
_PICKED = "sanity_picked"
_LETTERS = "ABCDEFGHIJ"


def sanity_ui(given: Given, diagnosis: Diagnosis) -> None:
    """Choose a method, let the network forget, guess which map the trained one drew, and see."""
    teaching_ui(diagnosis.card)
    st.title(words("compare.sanity_title"), anchor=False)
    st.markdown(plain(words("compare.sanity_what")))
    with st.container(key="sanity_asked", horizontal=True, vertical_alignment="bottom", gap="small"):
        method = st.selectbox(
            words("compare.sanity_method"),
            NAMES,
            format_func=method_titles().__getitem__,
            key="sanity_method",
            persist_state="session",
            width=300,
        )
        method = method or NAMES[0]
        key = (*given.key, method)
        wanted = st.session_state.get(_WANTED) == key
        if not wanted:
            st.button(
                words("compare.sanity_begin"),
                key="sanity_begin",
                type="primary",
                on_click=_want,
                args=(key,),
            )
    if not wanted:
        st.markdown(muted(words("compare.sanity_cost")))
        return
    job = job_for(PLACE, key, lambda job: _work(job, diagnosis, method))
    if watched_ui(job, PLACE, _told):
        experiment_ui(diagnosis, job.latest, key)


def _want(key: Hashable) -> None:
    st.session_state[_WANTED] = key


def _work(job: Job, diagnosis: Diagnosis, method: str) -> Iterator[Forgetting]:
    return cascade(
        diagnosis,
        method,
        progress=lambda done, total: job.note((done, total)),
        cancelled=job.cancelled,
    )


def _told(job: Job) -> tuple[float, str]:
    found: Forgetting | None = job.latest
    done = len(found.stages) if found else 0
    wanted = found.wanted if found else 7
    return done / wanted, words("compare.sanity_running", done=done, count=wanted)


@st.fragment
def experiment_ui(diagnosis: Diagnosis, found: Forgetting, key: Hashable) -> None:
    """The shuffled maps with the question, or, once it was answered, the maps in order with their likenesses."""
    signed = any(stage.explanation.signed for stage in found.stages)
    opacity = scale_ui(colours_of(diagnosis.card), not signed, signed, "sanity_opacity")
    picked = st.session_state.get(_PICKED)
    if picked is None or picked[0] != key:
        question_ui(diagnosis, found, key, opacity)
    else:
        answer_ui(diagnosis, found, key, picked[1], opacity)


def order_of(found: Forgetting, key: Hashable) -> list[int]:
    """The stages in the order in which this visitor sees them."""
    orders = st.session_state.setdefault(_ORDERS, {})
    if key not in orders:
        orders[key] = random.sample(range(found.wanted), found.wanted)
    return orders[key]


def question_ui(diagnosis: Diagnosis, found: Forgetting, key: Hashable, opacity: int) -> None:
    """All maps without their names, and one letter to choose."""
    st.subheader(words("compare.sanity_question"), anchor=False)
    order = order_of(found, key)
    with st.grid(4, min_column_width=150, gap="small") as grid:
        for letter, stage in zip(_LETTERS, order, strict=False):
            with grid.cell():
                name = words("compare.sanity_map", letter=letter)
                _map_ui(diagnosis, found.stages[stage], opacity, name)
                st.markdown(f"**{plain(name)}**")
                if found.stages[stage].explanation.empty:
                    st.markdown(muted(words("compare.no_evidence")))
    chosen = st.segmented_control(
        words("compare.sanity_pick"), list(_LETTERS[: len(order)]), key="sanity_letter"
    )
    st.button(
        words("compare.sanity_check"),
        key="sanity_check",
        type="primary",
        disabled=chosen is None,
        on_click=_pick,
        args=(key, chosen),
    )


def _pick(key: Hashable, letter: str) -> None:
    st.session_state[_PICKED] = (key, letter)


def answer_ui(diagnosis: Diagnosis, found: Forgetting, key: Hashable, letter: str, opacity: int) -> None:
    """Right or not, the verdict on the method, then layer by layer what was forgotten and how the map changed."""
    order = order_of(found, key)
    right = _LETTERS[order.index(0)]
    outcome = "compare.sanity_right" if letter == right else "compare.sanity_wrong"
    st.subheader(plain(words(outcome, letter=right, chosen=letter)), anchor=False)
    if verdict := found.verdict():
        st.markdown(plain(true_minus(said(verdict))))
    with st.grid(4, min_column_width=150, gap="small") as grid:
        for stage in found.stages:
            with grid.cell():
                name = words("compare.sanity_map", letter=_LETTERS[order.index(stage.stage)])
                first = stage_name(stage.stage, found.wanted - 1)
                _map_ui(diagnosis, stage, opacity, f"{name}. {first}")
                st.markdown(f"**{plain(name)}** · {plain(first)}")
                st.markdown(muted(stage_line(stage)))
    likeness_chart_ui(found)
    st.markdown(muted(words("compare.sanity_reading")))
    st.button(words("compare.sanity_again"), key="sanity_again", on_click=_again, args=(key,))


def stage_name(stage: int, last: int) -> str:
    """What has been forgotten at `stage` of `last`, in a few words."""
    if stage == 0:
        return words("compare.stage_trained")
    if stage == 1:
        return words("compare.stage_first")
    return words("compare.stage_last" if stage == last else "compare.stage", stage=stage, last=last)


def stage_line(stage: Stage) -> str:
    """Likeness to the trained map and to the edges in one line."""
    if stage.explanation.empty:
        return words("compare.no_evidence")
    if stage.trained is None or stage.trained.spearman is None:
        return ""
    edges = stage.edges.spearman if stage.edges else None
    return words("compare.sanity_likeness", trained=minus(stage.trained.spearman), edges=minus(edges))


def _again(key: Hashable) -> None:
    st.session_state.pop(_PICKED, None)
    st.session_state.pop("sanity_letter", None)
    st.session_state.get(_ORDERS, {}).pop(key, None)


def _map_ui(diagnosis: Diagnosis, stage: Stage, opacity: int, alt: str) -> None:
    picture = drawn(diagnosis.prepared.pixels, stage.explanation, opacity, colours_of(diagnosis.card), 320)
    st.image(picture, width="stretch", alt=alt)
