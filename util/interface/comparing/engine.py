"""The same map computed by another library, with the difference of the two: on models that it can open."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

import streamlit as st

from util.comparison import Comparison
from util.comparison.second_engine import PEERS, SecondOpinion, by_tf_keras_vis
from util.diagnosis import Diagnosis
from util.explanation import Explanation
from util.explanation.drawing import DIVERGING
from util.interface.comparing.asked import colours_of, method_titles
from util.interface.comparing.job import Job, job_for
from util.interface.comparing.pictures import START, drawn
from util.interface.comparing.watching import watched_ui
from util.interface.given import Given
from util.interface.map_view import legend_ui
from util.interface.text import muted, plain
from util.interface.tongue import said, words

PLACE = "engine"
_WANTED = "engine_wanted"


def engine_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """A fold with the two maps and their difference; nothing for a model with metadata, which no library opens."""
    names = [name for name in now.findings if name in PEERS]
    if not names or diagnosis.card.metadata is not None:
        return
    with st.expander(words("compare.engine"), key="engine_fold"):
        st.markdown(plain(words("compare.engine_what")))
        chosen = st.selectbox(
            words("compare.which_map"),
            names,
            format_func=method_titles().__getitem__,
            key="engine_of",
            width=360,
        )
        chosen = chosen if chosen in names else names[0]
        key = (*given.key, now.preset, now.target, now.question.layer, chosen)
        if st.session_state.get(_WANTED) != key:
            st.button(words("compare.engine_begin"), key="engine_begin", on_click=_want, args=(key,))
            return
        job = job_for(PLACE, key, lambda job: _work(job, now, chosen))
        if watched_ui(job, PLACE, lambda job: (0.0, words("compare.engine_running"))):
            opinion_ui(diagnosis, job.latest)


def _want(key: Hashable) -> None:
    st.session_state[_WANTED] = key


def _work(job: Job, now: Comparison, name: str) -> Iterator[SecondOpinion]:
    yield by_tf_keras_vis(now.question, name, preset=now.preset, cancelled=job.cancelled)


def opinion_ui(diagnosis: Diagnosis, found: SecondOpinion) -> None:
    """Ours, theirs, and theirs minus ours."""
    opacity = st.session_state.get("compare_opacity", START)
    colours = colours_of(diagnosis.card)
    shown = _shown(found)
    for name, place in zip(shown, st.columns(3, gap="medium"), strict=True):
        with place:
            text = words(f"compare.engine_{name}")
            st.image(
                drawn(diagnosis.prepared.pixels, shown[name], opacity, colours), width="stretch", alt=text
            )
            st.markdown(plain(text))
            legend_ui(DIVERGING if shown[name].signed else colours, shown[name].signed)
    for sentence in found.sentences():
        st.markdown(muted(said(sentence)))


def _shown(found: SecondOpinion) -> dict[str, Explanation]:
    """The three pictures; kept, so that each is drawn once."""
    kept = st.session_state.get("engine_shown")
    if kept is None or kept[0] is not found:
        other = {"theirs": found.theirs, "difference": found.difference}
        maps = {name: replace(found.ours, heat=heat, empty=not heat.any()) for name, heat in other.items()}
        # With a grid coarser than its pixels it is drawn as it is: small differences stay faint.
        maps["difference"] = replace(maps["difference"], signed=True, grid=(1, 1))
        kept = found, {"ours": found.ours, **maps}
        st.session_state["engine_shown"] = kept
    return kept[1]
