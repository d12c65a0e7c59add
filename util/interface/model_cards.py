"""What a card says, drawn for people: population, test figures with intervals, preparation, limits, terms, identity."""

from __future__ import annotations

import datetime

import streamlit as st

from util.interface.text import muted, plain, strong
from util.interface.tongue import language, said, words
from util.language import Percent, date
from util.modelstore.card import Card, Evaluation, Figure
from util.modelstore.errors import CardError
from util.report.names import figure_name, modality_name


def card_ui(card: Card) -> None:
    """One model's whole card, the important things open and the long ones folded."""
    with st.container(border=True, key=f"card_{card.name}"):
        kind = modality_name(card.modality, language())
        default = f" · {words('pages.default')}" if card.default else ""
        st.subheader(card.title[language()], anchor=False)
        st.markdown(muted(f"{kind} · {card.name}{default}"))
        population_ui(card)
        figures_ui(card)
        limits_ui(card)
        with st.expander(words("pages.preparation")):
            comparison_ui(card)
        with st.expander(words("pages.details")):
            details_ui(card)
        identity_ui(card)


def population_ui(card: Card) -> None:
    """On whom the model was trained and tested."""
    st.markdown(f"{strong(words('interface.population'))} {plain(card.population[language()])}")


def figures_ui(card: Card) -> None:
    """The test figures with their intervals and where they come from; without them, that nobody knows."""
    if card.test is None:
        st.markdown(plain(words("interface.untested")))
        return
    rows = [
        {
            words("interface.column_figure"): figure_name(name, language()),
            words("interface.column_value"): figure_text(figure),
        }
        for name, figure in card.test.figures.items()
    ]
    st.table(rows)
    st.markdown(muted(evaluation_text(card.test)))


def figure_text(figure: Figure) -> str:
    """A figure with its 95 % interval where it has one."""
    if figure.low is None or figure.high is None:
        return words("interface.number", value=figure.value)
    return words("interface.interval", value=figure.value, low=figure.low, high=figure.high)


def evaluation_text(test: Evaluation) -> str:
    """Which data, which part, how many images and groups, when."""
    return words(
        "interface.tested",
        data=test.data,
        part=test.part,
        images=test.images,
        groups=test.groups,
        date=_day(test.date),
        prevalence=Percent(test.prevalence),
    )


def _day(text: str) -> str:
    try:
        return date(datetime.date.fromisoformat(str(text)[:10]), language())
    except ValueError:
        return str(text)


def limits_ui(card: Card) -> None:
    """What the model does not know, one line each."""
    if card.limits:
        lines = "\n".join(f"- {plain(limit[language()])}" for limit in card.limits)
        st.markdown(f"{strong(words('interface.limits'))}\n\n{lines}")


def identity_ui(card: Card) -> None:
    """Terms of use, date, and the SHA-256 of the very file that answers."""
    st.markdown(f"{strong(words('interface.licence'))} {plain(card.licence[language()])}")
    st.markdown(muted(words("interface.made_on", date=_day(card.created))) + f"  \n`{card.sha256}`")


def comparison_ui(card: Card) -> None:
    """The chain this model runs, and what each step was worth on its validation data, where that was measured."""
    chain = " → ".join(words(f"preparation.name_{step['step']}") for step in card.preparation)
    st.markdown(f"{strong(words('pages.chain'))} {plain(chain)}")
    rows = card.extra.get("preparation_comparison")
    if isinstance(rows, list) and rows:
        st.table([{str(key): _cell(value) for key, value in row.items()} for row in rows])
    else:
        st.markdown(muted(words("pages.no_comparison")))


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return words("interface.kept" if value else "interface.not_kept")
    if isinstance(value, dict):
        return str(value.get(language(), next(iter(value.values()), "")))
    return words("interface.number", value=value) if isinstance(value, (int, float)) else str(value)


def details_ui(card: Card) -> None:
    """Labels, input and decision, for those who want to use the file elsewhere."""
    names = ", ".join(f"{label} ({label(card, i)})" for i, label in enumerate(card.labels))
    size = card.input
    facts = {
        "pages.labels": names,
        "pages.input": f"{size.height} × {size.width} × {size.channels}",
        "pages.layer": card.gradcam_layer,
        "pages.file": card.file,
    }
    if card.test is not None:
        facts["pages.command"] = card.test.command
    for key, value in facts.items():
        st.markdown(f"{muted(words(key))}  \n{plain(value)}")


def broken_ui(errors: tuple[CardError, ...]) -> None:
    """Cards that could not be read: which, why, and that they are left out."""
    if not errors:
        return
    st.subheader(words("pages.broken_title"), anchor=False)
    with st.container(key="warnings"):
        for error in errors:
            st.markdown(plain(said(error.sentence)))
    st.markdown(muted(words("pages.broken_next")))
