"""The band chip and the line of trust: the one place where a band has its colour, its pattern and its word."""

from __future__ import annotations

import streamlit as st

from util.diagnosis import Diagnosis
from util.interface.names import label
from util.interface.text import markup
from util.interface.tongue import words
from util.language import Percent


def band_word(band: str | None) -> str:
    """The words of a band: "below", "grey", "above", or None for a model without a grey zone."""
    if band is None:
        return words("interface.chip_none")
    return words(f"interface.chip_{band}")


def trust_line(diagnosis: Diagnosis) -> str:
    """Whether the image looks familiar, and how many answers the prediction set leaves, in one line."""
    prediction, card = diagnosis.prediction, diagnosis.card
    if prediction.familiar is None:
        parts = [words("interface.familiarity_unknown")]
    else:
        parts = [words("interface.familiar" if prediction.familiar else "interface.unfamiliar")]
    known = prediction.familiar is not False
    if known and prediction.prediction_set is not None and card.conformal is not None:
        kept = prediction.prediction_set
        names = ", ".join(label(card, index) for index in kept)
        level = Percent(1 - card.conformal.alpha)
        if len(kept) > 1:
            parts.append(words("interface.set_many", share=level, count=len(kept), names=names))
        else:
            parts.append(words("interface.set_one" if kept else "interface.set_none", share=level))
    return " · ".join(parts)


def chip_ui(diagnosis: Diagnosis) -> None:
    """Band and trust in one line; an unfamiliar image has the chip of no band, whatever its number."""
    band = diagnosis.prediction.band if diagnosis.prediction.familiar is not False else "unfamiliar"
    word = words("interface.chip_unfamiliar") if band == "unfamiliar" else band_word(band)
    st.html(
        f'<p class="trust"><span class="chip chip-{band or "none"}">{markup(word)}</span> '
        f"<span>{markup(trust_line(diagnosis))}</span></p>"
    )
