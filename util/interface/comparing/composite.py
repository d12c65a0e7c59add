"""The composite confidence: its number, its formula, its alert, and what it was worth on other images."""

from __future__ import annotations

import streamlit as st

from util.comparison import Comparison
from util.interface.text import markup, muted, plain
from util.interface.tongue import said, words


def composite_fold_ui(now: Comparison) -> None:
    """The same, folded away: a number that was not shown to help must not stand before the maps."""
    with st.expander(plain(words("compare.composite_fold")), key="composite_fold"):
        composite_ui(now)


def composite_ui(now: Comparison) -> None:
    """The number with its formula and alert in one note; where there is none, why."""
    if now.composite is None:
        # Of an unfamiliar image the note on top says it already.
        if now.uncertain is not None and now.diagnosis.prediction.familiar is not False:
            st.markdown(muted(said(now.uncertain)))
        return
    one = now.composite
    confidence = one.confidence
    alert = f" {markup(said(one.alert))}" if one.alert is not None else ""
    rest = " ".join(said(text) for text in (one.limit, *one.worth))
    kind = "composite borderline" if confidence.borderline else "composite"
    head = markup(words("compare.composite", value=confidence.value))
    st.html(
        f'<div class="{kind}" role="note"><p><strong>{head}</strong>{alert}</p>'
        f"<p>{markup(said(one.formula))}</p><p>{markup(rest)}</p></div>"
    )
