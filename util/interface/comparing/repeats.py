"""Whether each method draws the same map twice: measured when somebody asks for it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import streamlit as st

from util.comparison import Comparison
from util.comparison.repeating import Repeated, repeat
from util.diagnosis import Diagnosis
from util.explanation import Repeatability
from util.interface.comparing.asked import method_name
from util.interface.comparing.job import Job, job_for, known_job
from util.interface.comparing.watching import watched_ui
from util.interface.given import Given
from util.interface.text import muted
from util.interface.tongue import words

PLACE = "repeats"
_WANTED = "repeats_wanted"


def repeats_ui(given: Given, diagnosis: Diagnosis, now: Comparison) -> None:
    """The button, then the progress; the figures themselves stand in the table."""
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
