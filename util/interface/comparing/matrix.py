"""How far the maps agree pair by pair, and the one map that all of them make."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.explanation import Agreement
from util.explanation.agreement import MATRICES
from util.interface.comparing.asked import colours_of, method_name
from util.interface.comparing.numbers import minus
from util.interface.comparing.pictures import START, drawn
from util.interface.comparing.verdict import grounds
from util.interface.palette import Palette, palette
from util.interface.text import muted, plain
from util.interface.tongue import language, said, words
from util.language import number

STILL = {"displayModeBar": False, "responsive": True}


@st.fragment
def agreement_ui(diagnosis: Diagnosis, now: Comparison) -> None:
    """The matrix in the measure that is chosen, beside the consensus map."""
    st.subheader(words("compare.agreement"), anchor=False)
    left, right = st.columns([7, 4], gap="large")
    with left:
        measure = st.segmented_control(
            words("compare.measure"),
            MATRICES,
            default=None if "agreement_measure" in st.session_state else MATRICES[0],
            format_func={name: words(f"compare.measure_{name}") for name in MATRICES}.__getitem__,
            required=True,
            key="agreement_measure",
            persist_state="session",
            label_visibility="collapsed",
        )
        measure = measure or MATRICES[0]
        matrix_ui(now.agreement, measure)
    with right:
        consensus_ui(diagnosis, now)


def matrix_ui(found: Agreement, measure: str) -> None:
    """The heat map of one measure, what the measure is, its mean, and which maps have none."""
    names = [method_name(name) for name in found.names]
    short = [words(f"compare.short_{name}") for name in found.names]
    mean = found.mean(measure)
    shown = words("compare.mean_none") if mean is None else words("compare.mean", value=minus(mean))
    st.plotly_chart(
        matrix(names, short, getattr(found, measure), palette(), language()),
        theme=None,
        config=STILL,
        key="agreement_matrix",
        alt=words("compare.matrix_alt", measure=words(f"compare.measure_{measure}"), mean=shown),
    )
    st.markdown(f"{plain(shown)} {muted(words(f'compare.measure_{measure}_what'))}")
    for note in found.notes():
        st.markdown(muted(said(note)))
    st.markdown(muted(grounds()))


def matrix(
    names: list[str], short: list[str], values: np.ndarray, colours: Palette, tongue: str
) -> go.Figure:
    """A shaded square of `values` (n, n) in [-1, 1], each with its number; NaN is an empty cell with a dash.

    Rows carry the whole `names`, columns, in the same order, the `short` ones.
    """
    known = np.isfinite(values)
    texts = [
        [
            number(float(value), tongue).replace("-", "−") if ok else "–"
            for value, ok in zip(row, have, strict=True)
        ]
        for row, have in zip(values, known, strict=True)
    ]
    hover = [
        [f"{one}<br>{other}<br>{text}" for other, text in zip(names, row, strict=True)]
        for one, row in zip(names, texts, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.where(known, np.maximum(values, 0), np.nan),
            zmin=0,
            zmax=1,
            colorscale=[[0, faded(colours.accent, 0.0)], [1, faded(colours.accent, 0.45)]],
            showscale=False,
            text=texts,
            texttemplate="%{text}",
            textfont={"color": colours.ink, "size": 13 if len(names) < 8 else 11},
            hovertext=hover,
            hoverinfo="text",
            xgap=2,
            ygap=2,
        )
    )
    places = list(range(len(names)))
    figure.update_traces(x=places, y=places)
    figure.update_layout(
        height=40 * len(names) + 34,
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 15, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={
            "tickvals": places,
            "ticktext": short,
            "tickangle": 0,
            "side": "top",
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
        yaxis={
            "tickvals": places,
            "ticktext": [f"{name}  " for name in names],
            "autorange": "reversed",
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
    )
    return figure


def faded(colour: str, share: float) -> str:
    """The hex `colour` at `share` of its strength, as charts write it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def consensus_ui(diagnosis: Diagnosis, now: Comparison) -> None:
    """The mean of the ranks of all maps with evidence."""
    if now.consensus is None:
        return
    opacity = st.session_state.get("compare_opacity", START)
    st.image(
        drawn(diagnosis.prepared.pixels, now.consensus, opacity, colours_of(diagnosis.card)),
        width="stretch",
        alt=words("compare.consensus_alt"),
    )
    st.markdown(f"**{plain(words('compare.consensus'))}**  \n{muted(words('compare.consensus_what'))}")
