"""Whether each method draws the same map twice: measured when somebody asks for it, and shown."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from util.comparison import Comparison
from util.comparison.repeating import Repeated, repeat
from util.diagnosis import Diagnosis
from util.explanation import Explanation, Repeatability
from util.explanation.drawing import full_colour
from util.interface.comparing.asked import colours_of, method_name
from util.interface.comparing.job import Job, job_for, known_job
from util.interface.comparing.maps import line_ui
from util.interface.comparing.numbers import minus
from util.interface.comparing.pictures import START, drawn
from util.interface.comparing.watching import watched_ui
from util.interface.given import Given
from util.interface.text import muted, plain
from util.interface.tongue import said, share, words

PLACE = "repeats"
_WANTED = "repeats_wanted"
_SHOWN = "repeats_shown"
_SIDE = 240  # pixels of a small picture
_LARGE = 0.5  # share of the mean map's full colour: a deviation that is as large is drawn at full colour


def repeats_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """The button, then the progress, then mean and deviation of each method; the table has the figures too."""
    key = _key(given, now)
    if st.session_state.get(_WANTED) != key:
        st.button(words("compare.repeats"), key="repeats_begin", on_click=_want, args=(key,))
        st.markdown(muted(words("compare.repeats_cost")))
        return
    names = [name for name, finding in now.findings.items() if not finding.explanation.empty]
    job = job_for(PLACE, key, lambda job: _work(job, diagnosis, now, names))

    def told(job: Job) -> tuple[float, str]:
        found: Mapping[str, Repeated] = job.latest or {}
        done = sum(len(one.explanations) / one.wanted for one in found.values())
        name = names[min(sum(one.done for one in found.values()), len(names) - 1)] if names else ""
        return done / max(1, len(names)), words("compare.repeats_running", method=method_name(name))

    if watched_ui(job, PLACE, told):
        st.markdown(muted(words("compare.repeats_done")))
        scatter_ui(diagnosis, {name: one for name, one in (job.latest or {}).items() if one.done})


def scatter_ui(diagnosis: Diagnosis, found: Mapping[str, Repeated]) -> None:
    """The mean map of each method's runs beside where they deviate from it, and their spread as one number."""
    if not found:
        return
    st.markdown(plain(words("compare.spread_what")))
    opacity = st.session_state.get("compare_opacity", START)
    colours = colours_of(diagnosis.card)
    with st.container(key="repeats_maps"), st.grid(3, min_column_width=250, gap="medium") as grid:
        for name, one in found.items():
            with grid.cell(), st.container(gap="xxsmall"):
                title = method_name(name)
                line_ui(title, words("compare.spread", value=minus(one.found and one.found.spread)))
                both = zip(shown(one).items(), st.columns(2, gap="xsmall", wrap=False), strict=True)
                for (kind, heat), place in both:
                    with place:
                        text = words(f"compare.repeats_{kind}", runs=one.wanted)
                        picture = drawn(diagnosis.prepared.pixels, heat, opacity, colours, _SIDE)
                        st.image(picture, width="stretch", alt=f"{title}. {text}")
                        st.markdown(muted(text))
                few = one.found is not None and one.found.empty
                st.markdown(muted(" ".join(said(text) for text in one.sentences()[: 2 if few else 1])))
    st.markdown(muted(words("compare.deviation_what", share=share(_LARGE))))


def shown(one: Repeated) -> dict[str, Explanation | np.ndarray]:
    """The two pictures of one method, the deviation beside the mean map's colours; kept, so that each is drawn once."""
    kept = st.session_state.setdefault(_SHOWN, {})
    if one.method not in kept or kept[one.method][0] is not one:
        mean = replace(one.explanations[0], heat=one.mean, empty=not one.mean.any())
        deviation = np.clip(one.deviation / (_LARGE * full_colour(mean)), 0, 1).astype(np.float32)
        kept[one.method] = one, {"mean": mean, "deviation": deviation}
    return kept[one.method][1]


def repeats_of(given: Given, now: Comparison) -> dict[str, Repeatability]:
    """What was found out so far, by method."""
    job = known_job(PLACE, _key(given, now))
    found = job.latest if job is not None and job.latest else {}
    return {name: one.found for name, one in found.items() if one.done and one.found is not None}


def _key(given: Given, now: Comparison) -> Hashable:
    return (*given.key, now.asked, now.preset, now.target, now.question.layer)


def _want(key: Hashable) -> None:
    st.session_state[_WANTED] = key


def _work(job: Job, diagnosis: Diagnosis, now: Comparison, names: list[str]) -> Iterator[dict[str, Repeated]]:
    found: dict[str, Repeated] = {}
    for name in names:
        pieces = repeat(
            diagnosis,
            name,
            now.target,
            preset=now.preset,
            layer=now.question.layer,
            progress=lambda done, total: job.note((done, total)),
            cancelled=job.cancelled,
        )
        for one in pieces:
            found = {**found, name: one}
            yield found
