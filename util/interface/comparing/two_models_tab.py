"""The tab Two models: the same image through two models of its kind, side by side."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from util.comparison.pairing import Pair, two_models
from util.diagnosis import Diagnosis
from util.explanation import NAMES, Agreement, Explanation
from util.explanation.together import ALIKE
from util.interface.chips import chip_ui
from util.interface.comparing.asked import colours_of, method_name, method_titles
from util.interface.comparing.job import Job, job_for
from util.interface.comparing.numbers import minus
from util.interface.comparing.pictures import drawn, scale_ui
from util.interface.comparing.watching import watched_ui
from util.interface.given import Given
from util.interface.names import label, own_label
from util.interface.shelf import cards_of
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, said, words
from util.modelstore.card import Card
from util.report.names import marked_title

PLACE = "two_models"


def two_models_ui(given: Given, diagnosis: Diagnosis) -> None:
    """Choose the second model and a method; both answers and both maps, with how far they agree."""
    first = diagnosis.card
    others = {card.name: card for card in cards_of(given.modality) if card.sha256 != first.sha256}
    head = st.empty()
    if not others:
        head.title(words("compare.two_none"), anchor=False)
        st.markdown(plain(words("compare.two_none_next")))
        return
    second, method = pair_asked_ui(first, others)
    key = (*given.key, second.name, second.sha256, method)
    head.title(words("compare.two_title"), anchor=False)
    job = job_for(PLACE, key, lambda job: _work(job, given, first, second, method))
    if watched_ui(job, PLACE, lambda job: (_share(job), words("compare.two_running"))):
        head.title(plain(said(job.latest.sentences()[0])), anchor=False)
        pair_ui(job.latest)


def pair_asked_ui(first: Card, others: dict[str, Card]) -> tuple[Card, str]:
    """The second model, teaching models marked, and the method asked of both."""
    left, right = st.columns(2, gap="medium")
    names = list(others)
    titles = {name: marked_title(card, language()) for name, card in others.items()}
    # A closed box keeps the words it was drawn with: each language has its own, and the choice stands beside them.
    chosen = f"second_{first.name}"
    key = f"{chosen}_{language()}"
    if st.session_state.get(chosen) in others:
        st.session_state[key] = st.session_state[chosen]
    with left:
        second = st.selectbox(
            plain(words("compare.two_second", name=marked_title(first, language()))),
            names,
            format_func=titles.__getitem__,
            key=key,
            on_change=_keep,
            args=(key, chosen),
        )
    with right:
        method = st.selectbox(
            words("compare.two_method"),
            NAMES,
            format_func=method_titles().__getitem__,
            key="two_method",
            persist_state="session",
        )
    return others.get(second, others[names[0]]), method or NAMES[0]


def _keep(key: str, chosen: str) -> None:
    st.session_state[chosen] = st.session_state[key]


def _work(job: Job, given: Given, first: Card, second: Card, method: str) -> Iterator[Pair]:
    yield two_models(
        given.data,
        first.name,
        second.name,
        given.metadata,
        um_per_pixel=given.um_per_pixel,
        method=method,
        progress=lambda done, total: job.note((done, total)),
        cancelled=job.cancelled,
    )


def _share(job: Job) -> float:
    done, total = job.progress or (0, 1)
    return done / max(1, total)


@st.fragment
def pair_ui(pair: Pair) -> None:
    """Both sides under one scale, then what the two say together."""
    shown = [one for one in pair.explanations if not one.empty]
    signed = any(one.signed for one in shown)
    opacity = scale_ui(colours_of(pair.diagnoses[0].card), not signed, signed, "two_opacity")
    sides = zip(pair.diagnoses, pair.explanations, st.columns(2, gap="large"), strict=True)
    for diagnosis, explanation, place in sides:
        with place:
            side_ui(pair, diagnosis, explanation, opacity)
    for sentence in pair.sentences()[2:]:  # the first is the title, the second stands under each map
        st.markdown(plain(said(sentence)))
    if pair.agreement is not None:
        st.markdown(plain(alike_text(pair.agreement)))
    st.markdown(muted(words("compare.two_note")))


def alike_text(found: Agreement) -> str:
    """Whether the two maps rank the pixels alike, by the limit of the tab Methods."""
    value = float(found.spearman[0, 1])
    key = "compare.two_alike" if value >= ALIKE else "compare.two_unlike"
    return words(key, value=minus(value), limit=ALIKE)


def side_ui(pair: Pair, diagnosis: Diagnosis, explanation: Explanation, opacity: int) -> None:
    """One model: its name, its answer, its band, and where its evidence came from.

    Of an image that is unfamiliar to it without the number of the class, which has no known meaning.
    """
    card = diagnosis.card
    st.markdown(f"{strong(marked_title(card, language()))}")
    teaching_ui(card)
    name = own_label(card, pair.label)
    values = {"method": method_name(pair.method), "name": name, "model": marked_title(card, language())}
    st.image(
        drawn(diagnosis.prepared.pixels, explanation, opacity, colours_of(card)),
        width="stretch",
        alt=words("compare.two_alt", **values),
    )
    if explanation.empty:
        st.markdown(f"**{plain(words('compare.no_evidence'))}**")
    st.markdown(plain(said(diagnosis.headline)))
    chip_ui(diagnosis)
    if diagnosis.prediction.familiar is False:
        return
    index = card.labels.index(pair.label)
    chance = float(diagnosis.prediction.probabilities[index])
    key = "compare.two_raw" if diagnosis.prediction.calibrated is None else "compare.two_calibrated"
    st.markdown(muted(words(key, name=label(card, index), value=chance)))
