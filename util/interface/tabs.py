"""The tabs under the answer: preparation, how far to trust it, the model, the report."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.model_cards import figures_ui, identity_ui, licence_ui, limits_ui, population_ui
from util.interface.names import label
from util.interface.palette import palette
from util.interface.pictures import fitted, framed, picture_ui
from util.interface.reliability import reliability
from util.interface.rows import rows_ui
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, said, words
from util.language import Percent
from util.preparation import Step, demonstrate
from util.report.names import marked_title, step_name

_STEP_SIDE = 320


def tabs_ui(diagnosis: Diagnosis) -> None:
    """The four tabs, in the order of the questions they answer."""
    names = ("preparation", "trust", "model", "report")
    pieces = (preparation_ui, trust_ui, model_ui, report_ui)
    for tab, piece in zip(st.tabs([words(f"interface.tab_{name}") for name in names]), pieces, strict=True):
        with tab:
            piece(diagnosis)


def preparation_ui(diagnosis: Diagnosis) -> None:
    """Every step's picture in order, the image as it was given first, so that each stands beside the one before."""
    prepared, photograph = diagnosis.prepared, diagnosis.photograph
    with st.grid(4, min_column_width=150, gap="small") as grid:
        with grid.cell():
            picture_ui(
                framed(photograph.pixels, prepared.window, palette().accent),
                f"**0** {plain(words('interface.as_given'))}",
                words("interface.as_given"),
            )
        for number, step in enumerate(prepared.steps, start=1):
            with grid.cell():
                _step_ui(f"**{number}** {strong(step_name(step.name, language()))}", step)
    left_out_ui(diagnosis)


@st.fragment
def left_out_ui(diagnosis: Diagnosis) -> None:
    """Steps that this model's chain leaves out, each tried on this image; run only once the fold is opened."""
    entries = diagnosis.card.extra.get("preparation_left_out")
    if not entries:
        return
    fold = st.expander(words("interface.left_out"), key="left_out", on_change="rerun")
    if not fold.open:
        return
    with fold:
        st.markdown(muted(words("interface.left_out_note")))
        with st.grid(4, min_column_width=150, gap="small") as grid:
            for step in demonstrate(diagnosis.prepared, entries):
                with grid.cell():
                    _step_ui(strong(step_name(step.name, language())), step)


def _step_ui(name: str, step: Step) -> None:
    sentence = said(step.sentence)
    picture_ui(fitted(step.picture, _STEP_SIDE), f"{name}  \n{muted(sentence)}", sentence)


def trust_ui(diagnosis: Diagnosis) -> None:
    """Every class raw beside calibrated, what the set rule keeps, how familiar the image is, was it right before.

    Of an unfamiliar image no number is said, neither in the rows nor on the curve: none has a known meaning.
    """
    familiar = diagnosis.prediction.familiar is not False
    if familiar:
        rows_ui(probability_rows(diagnosis))
    else:
        st.markdown(plain(said(diagnosis.meaning)))
    for sentence in trust_sentences(diagnosis):
        st.markdown(plain(sentence))
    card = diagnosis.card
    if card.arrays is not None and "frequency" in card.arrays.values:
        st.plotly_chart(
            reliability(
                card.arrays.values,
                diagnosis.prediction.danger if familiar else None,
                palette(),
                language(),
            ),
            theme=None,
            config={"displayModeBar": False, "responsive": True},
            key="reliability",
            alt=words("interface.reliability_alt"),
        )
        st.markdown(muted(words("interface.reliability_note")))


def probability_rows(diagnosis: Diagnosis) -> list[dict[str, str]]:
    """A row a class, most probable first: name, calibrated, raw, and whether the prediction set keeps it."""
    card, prediction = diagnosis.card, diagnosis.prediction
    order = sorted(range(len(card.labels)), key=lambda index: -float(prediction.probabilities[index]))
    rows = []
    for index in order:
        row = {words("interface.column_class"): label(card, index)}
        if prediction.calibrated is not None:
            row[words("interface.column_calibrated")] = _number(prediction.calibrated[index])
        row[words("interface.column_raw")] = _number(prediction.raw[index])
        if prediction.prediction_set is not None:
            kept = index in prediction.prediction_set
            row[words("interface.column_set")] = words("interface.kept" if kept else "interface.not_kept")
        rows.append(row)
    return rows


def _number(value: float) -> str:
    return words("interface.number", value=float(value))


def trust_sentences(diagnosis: Diagnosis) -> list[str]:
    """What set, familiarity and calibration say, each with the data and the count it was fixed on."""
    card, prediction = diagnosis.card, diagnosis.prediction
    sentences = []
    known = prediction.familiar is not False
    if known and card.conformal is not None and prediction.prediction_set is not None:
        rule = card.conformal
        sentences.append(words("interface.set_explained", share=Percent(1 - rule.alpha), count=rule.n))
    if card.familiarity is not None and prediction.distance is not None:
        rule = card.familiarity
        sentences.append(
            words(
                "interface.familiarity_explained",
                distance=float(prediction.distance),
                threshold=rule.threshold,
                share=Percent(rule.quantile),
                count=rule.n,
            )
        )
    if card.calibration is None:
        sentences.append(words("interface.not_calibrated"))
    else:
        rule = card.calibration
        sentences.append(
            words(
                "interface.calibration_explained",
                temperature=rule.temperature,
                count=rule.n,
            )
        )
    return sentences


def model_ui(diagnosis: Diagnosis) -> None:
    """Which model answered, whom it knows, how it did on its test, what it does not know."""
    card = diagnosis.card
    st.markdown(f"{strong(marked_title(card, language()))}  \n{muted(card.name)}")
    population_ui(card)
    figures_ui(card)
    limits_ui(card)
    licence_ui(card)
    identity_ui(card)


def report_ui(diagnosis: Diagnosis) -> None:
    """What the report holds and which hash ties it to the image; the buttons stand below the tabs."""
    st.markdown(plain(words("interface.report_holds")))
    st.markdown(plain(words("interface.report_privacy")))
    st.markdown(f"{muted(words('interface.image_hash'))}  \n`{diagnosis.photograph.sha256}`")
