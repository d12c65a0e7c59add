"""One map as a landscape, and on flat models the same map computed by another library."""

from __future__ import annotations

import cv2
import numpy as np
import plotly.graph_objects as go
import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.explanation import colour_table
from util.explanation.drawing import DIVERGING
from util.interface.comparing.asked import colours_of, method_name
from util.interface.palette import Palette, palette
from util.interface.text import muted
from util.interface.tongue import words

CONSENSUS = "consensus"
_SIDE = 72  # points a side of the landscape: what the eye can tell apart in a turning picture


@st.fragment
def closely_ui(diagnosis: Diagnosis, now: Comparison) -> None:
    """A surface whose height is the evidence; any map, and the consensus of all."""
    names = [name for name, finding in now.findings.items() if not finding.explanation.empty]
    if not names:
        return
    if now.consensus is not None and len(names) > 1:
        names.append(CONSENSUS)
    st.subheader(words("compare.surface"), anchor=False)
    left, right = st.columns([4, 7], gap="large")
    with left:
        titles = {name: map_name(name) for name in names}
        chosen = st.selectbox(
            words("compare.which_map"), names, format_func=titles.__getitem__, key="surface_of"
        )
        chosen = chosen if chosen in names else names[0]
        st.markdown(muted(words("compare.surface_what")))
    heat = now.consensus if chosen == CONSENSUS else now.findings[chosen].explanation.heat
    signed = chosen != CONSENSUS and now.findings[chosen].explanation.signed
    with right:
        st.plotly_chart(
            surface(heat, DIVERGING if signed else colours_of(diagnosis.card), signed, palette()),
            theme=None,
            config={"displayModeBar": False, "responsive": True, "scrollZoom": False},
            key="surface",
            alt=words("compare.surface_alt", method=map_name(chosen)),
        )


def map_name(name: str) -> str:
    """The name of a method's map, or of the consensus."""
    return words("compare.consensus") if name == CONSENSUS else method_name(name)


def surface(heat: np.ndarray, table: str, signed: bool, colours: Palette) -> go.Figure:
    """`heat` float (H, W) as a landscape, the image's top at the back; colours of `table`."""
    small = cv2.resize(heat, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    stops = colour_table(table)[::17]
    scale = [
        [i / (len(stops) - 1), f"rgb({red},{green},{blue})"]
        for i, (red, green, blue) in enumerate(stops.tolist())
    ]
    low = -1 if signed else 0
    figure = go.Figure(
        go.Surface(
            z=small[::-1],
            cmin=low,
            cmax=1,
            colorscale=scale,
            showscale=False,
            hoverinfo="skip",
            contours={"x": {"highlight": False}, "y": {"highlight": False}, "z": {"highlight": False}},
        )
    )
    figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 15, "color": colours.ink},
        scene={
            "xaxis": {"visible": False},
            "yaxis": {"visible": False},
            "zaxis": {"visible": False, "range": [low, 1]},
            "aspectratio": {"x": 1.3, "y": 1.3, "z": 0.55},
            "camera": {"eye": {"x": 0.0, "y": -1.55, "z": 1.1}, "center": {"x": 0, "y": 0, "z": -0.12}},
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    return figure
