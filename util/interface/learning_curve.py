"""How a network learnt: its figures on the validation fold after each epoch, above its loss on the training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from util.interface.palette import Palette
from util.language import number, say
from util.report.names import figure_name

_SHOWN = {"auc": ("accent", "solid"), "balanced_accuracy": ("below", "dash")}


def learning_curve(curve: Mapping[str, Sequence[float]], colours: Palette, language: str) -> go.Figure:
    """One value an epoch under "auc", "balanced_accuracy" (validation) and "loss" (training), any of them."""
    figure = go.Figure()
    for name, (colour, dash) in _SHOWN.items():
        if curve.get(name):
            figure.add_trace(
                _line(curve[name], figure_name(name, language), getattr(colours, colour), dash, language)
            )
    if curve.get("loss"):
        loss = say("measured.axis_loss", language)
        trace = _line(curve["loss"], loss, colours.muted, "dot", language)
        figure.add_trace(trace.update(yaxis="y2"))
    epochs = max(map(len, curve.values()), default=1)
    axis = {"gridcolor": colours.lines, "zeroline": False, "fixedrange": True, "automargin": True}
    figure.update_layout(
        height=360,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        xaxis={
            **axis,
            "title": {"text": say("measured.axis_epoch", language), "font": {"size": 16}},
            "tickvals": list(range(1, epochs + 1, max(1, epochs // 8))),
            "anchor": "y2",
        },
        yaxis={**axis, "domain": [0.42, 1], "nticks": 5},
        yaxis2={**axis, "domain": [0, 0.34], "nticks": 4, "rangemode": "tozero"},
        separators=", " if language == "fr" else ".,",
    )
    return figure


def _line(values: Sequence[float], name: str, colour: str, dash: str, language: str) -> go.Scatter:
    return go.Scatter(
        x=list(range(1, len(values) + 1)),
        y=list(values),
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2.5, "dash": dash},
        marker={"color": colour, "size": 6},
        text=[f"{name}: {number(float(value), language, 3)}" for value in values],
        hoverinfo="text",
    )
