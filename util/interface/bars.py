"""Bars of all classes, most probable first; the dangerous ones carry a sign, a pattern and a word."""

from __future__ import annotations

import plotly.graph_objects as go

from util.interface.names import sign
from util.interface.palette import Palette
from util.language import chance, say
from util.modelstore.card import Card
from util.prediction import Prediction


def bars(card: Card, prediction: Prediction, colours: Palette, language: str) -> go.Figure:
    """Horizontal bars of `prediction.probabilities` in [0, 1], sorted; percentages written in `language`."""
    order = sorted(range(len(card.labels)), key=lambda index: float(prediction.probabilities[index]))
    values = [float(prediction.probabilities[index]) for index in order]
    danger = [card.labels[index] in card.danger for index in order]
    # In the grey zone no class is decided, whatever the rule would say.
    decided = None if prediction.band == "grey" else prediction.decision
    names = [_name(card, index, index == decided, language) for index in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(order))),
            orientation="h",
            marker={
                "color": [colours.above if is_danger else colours.below for is_danger in danger],
                "pattern": {
                    "shape": ["x" if is_danger else "." for is_danger in danger],
                    "fillmode": "overlay",
                    "fgcolor": colours.paper,
                    "size": 6,
                    "solidity": 0.2,
                },
                "line": {"width": 0},
            },
            text=[chance(value, language) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                f"{name}: {chance(value, language, 1)}" for name, value in zip(names, values, strict=True)
            ],
            hoverinfo="text",
            width=0.62,
        )
    )
    figure.update_layout(
        height=34 * len(order) + 12,
        margin={"l": 0, "r": 44, "t": 4, "b": 4},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={"visible": False, "range": [0, max(1e-6, max(values)) * 1.06], "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(order))),
            "ticktext": [f"{name}  " for name in names],
            "showgrid": False,
            "fixedrange": True,
            "automargin": True,
        },
    )
    return figure


def _name(card: Card, index: int, decided: bool, language: str) -> str:
    name = sign(card, index)
    return say("interface.bar_decided", language, name=name) if decided else name
