"""What a card says, drawn for people: population, test figures with intervals, preparation, limits, terms, identity."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import streamlit as st

from util.interface.comparison import runs_fold_ui
from util.interface.details import details_fold_ui
from util.interface.names import label, sign
from util.interface.rows import rows_ui
from util.interface.teaching import teaching_ui
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, said, words
from util.language import Percent, date, entries, number
from util.modelstore.card import Card, Evaluation, Figure
from util.modelstore.errors import CardError
from util.report.names import (
    data_name,
    figure_name,
    figure_order,
    marked_title,
    modality_name,
    step_name,
)

_TELLING = 7


def contents_ui(cards: Sequence[Card]) -> None:
    """One line a kind of image: its models, each a link to its card below."""
    by_kind: dict[str, list[str]] = {}
    for card in cards:
        link = f"[{plain(marked_title(card, language()))}](#{card.name})"
        by_kind.setdefault(modality_name(card.modality, language()), []).append(link)
    st.markdown(
        "\n".join(
            f"- {muted(words('pages.contents_kind', kind=kind))} {' · '.join(links)}"
            for kind, links in by_kind.items()
        )
    )


def card_ui(card: Card) -> None:
    """One model's whole card: who and for whom on the left, how well on the right, the long parts folded."""
    with st.container(border=True, key=f"card_{card.name}"):
        kind = modality_name(card.modality, language())
        default = f" · {words('pages.default')}" if card.default else ""
        st.subheader(plain(card.title[language()]), anchor=card.name)
        st.markdown(muted(f"{kind} · {card.name}{default}"))
        teaching_ui(card)
        who, how = st.columns(2, gap="large")
        with who:
            population_ui(card)
            limits_ui(card)
            licence_ui(card)
        with how:
            figures_ui(card)
        runs_fold_ui(card)
        details_fold_ui(card)
        with st.expander(words("pages.preparation")):
            comparison_ui(card)
        with st.expander(words("pages.details")):
            details_ui(card)
        identity_ui(card)


def population_ui(card: Card) -> None:
    """On whom the model was trained and tested."""
    st.markdown(f"{strong(words('interface.population'))} {plain(card.population[language()])}")


def figures_ui(card: Card) -> None:
    """The telling test figures with intervals and where they come from; the rest, and each class, in a fold."""
    if card.test is None:
        st.markdown(plain(words("interface.untested")))
        return
    figures = card.test.figures
    by_class = [name for name in figures if name.partition("_")[2] in card.labels]
    names = sorted((name for name in figures if name not in by_class), key=figure_order)
    rows_ui([_figure_row(name, figures[name]) for name in names[:_TELLING]])
    st.markdown(muted(evaluation_text(card.test)))
    if (ece := figures.get("ece")) is not None and _beside(ece):
        st.markdown(muted(words("pages.ece_biased")))
    if names[_TELLING:] or by_class:
        with st.expander(words("interface.figures_more")):
            rows_ui([_figure_row(name, figures[name]) for name in names[_TELLING:]])
            if by_class:
                rows_ui(class_rows(card))


def _beside(figure: Figure) -> bool:
    """Whether a figure lies outside its own interval."""
    return None not in (figure.low, figure.high) and not figure.low <= figure.value <= figure.high


def _figure_row(name: str, figure: Figure) -> dict[str, str]:
    return {
        words("interface.column_figure"): figure_name(name, language()),
        words("interface.column_value"): figure_text(figure),
    }


def class_rows(card: Card) -> list[dict[str, str]]:
    """One row a class with its recall and its AUC, where the card has them."""
    figures, rows = card.test.figures, []
    for index, own in enumerate(card.labels):
        row = {words("interface.column_class"): sign(card, index)}
        for prefix in ("recall", "auc"):
            if figure := figures.get(f"{prefix}_{own}"):
                row[words(f"interface.column_{prefix}")] = figure_text(figure)
        rows.append(row)
    return rows


def figure_text(figure: Figure) -> str:
    """A figure with its 95 % interval where it has one."""
    if figure.low is None or figure.high is None:
        return words("interface.number", value=figure.value)
    return words("interface.interval", value=figure.value, low=figure.low, high=figure.high)


def evaluation_text(test: Evaluation) -> str:
    """Which data, which part, how many images and groups, when."""
    return words(
        "interface.tested",
        data=data_name(test.data, language()),
        part=data_name(test.part, language()),
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


def licence_ui(card: Card) -> None:
    """Under which terms the model may be used."""
    st.markdown(f"{strong(words('interface.licence'))} {plain(card.licence[language()])}")


def identity_ui(card: Card) -> None:
    """When the file was made, and its SHA-256."""
    st.markdown(f"{muted(words('interface.made_on', date=_day(card.created)))}  \n`{card.sha256}`")


def comparison_ui(card: Card) -> None:
    """The chain this model runs, and what each step was worth on validation data, where that was measured."""
    st.markdown(f"{strong(words('pages.chain'))} {plain(' → '.join(step_names(card.preparation)))}")
    comparison = card.extra.get("preparation_comparison")
    if not isinstance(comparison, Mapping) or not comparison.get("rows"):
        st.markdown(muted(words("pages.no_comparison")))
        return
    rows_ui([{_column(key): _cell(value) for key, value in row.items()} for row in comparison["rows"]])
    if any(str(key).startswith("unlike_") for row in comparison["rows"] for key in row):
        st.markdown(muted(words("pages.comparison_unlike")))
    st.markdown(muted(words("pages.comparison_note")))
    st.code(str(comparison.get("command", "")), language=None)


def step_names(chain: Sequence[Mapping[str, object]]) -> list[str]:
    """The names of a chain's steps for people."""
    return [step_name(str(step["step"]), language()) for step in chain]


def _column(key: str) -> str:
    if key == "chain":
        return words("pages.column_chain")
    if key.startswith("unlike_"):
        return words("pages.column_unlike", figure=figure_name(key.removeprefix("unlike_"), language()))
    return figure_name(key, language())


def _cell(value: object) -> str:
    """A number with three digits, since chains differ in the third; the name of a chain in words where known."""
    if isinstance(value, (int, float)):
        return number(value, language(), 3)
    key = "pages.chain_" + str(value).lower().replace(",", "").replace(" ", "_")
    return words(key) if key in entries() else str(value)


def details_ui(card: Card) -> None:
    """Data and credits, labels and input, for those who check the model or use its file elsewhere."""
    names = ", ".join(f"{own} ({label(card, index)})" for index, own in enumerate(card.labels))
    size = card.input
    facts = {"pages.data": _credits(card, "data"), "pages.weights": _credits(card, "weights")}
    split = card.extra.get("split")
    if isinstance(split, Mapping) and language() in split:
        facts["pages.split"] = split[language()]
    facts |= {
        "pages.labels": names,
        "pages.input": f"{size.height} × {size.width} × {size.channels}",
        "pages.layer": card.gradcam_layer,
        "pages.views_label": words(f"pages.views_{card.views}") if card.views else "",
        "pages.file": f"{card.name}/{card.file}",
    }
    for key, value in facts.items():
        if value:
            st.markdown(f"{muted(words(key))}  \n{plain(value)}")
    if card.test is not None:
        st.markdown(muted(words("pages.command")))
        st.code(card.test.command, language=None)


def _credits(card: Card, part: str) -> str:
    sources = card.extra.get(part) or ()
    return "; ".join(
        ", ".join(str(source[key]) for key in ("name", "licence", "credit") if source.get(key))
        for source in sources
        if isinstance(source, Mapping)
    )


def broken_ui(errors: tuple[CardError, ...]) -> None:
    """Cards that could not be read: which, why, and that they are left out."""
    if not errors:
        return
    st.subheader(words("pages.broken_title"), anchor=False)
    with st.container(key="warnings"):
        for error in errors:
            st.markdown(plain(said(error.sentence)))
    st.markdown(muted(words("pages.broken_next")))
