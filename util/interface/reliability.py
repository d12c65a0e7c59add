"""Was it right before: predicted probability against how often it came true on the test part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from util.interface.palette import Palette
from util.language import number, say

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability(
    arrays: Mapping[str, np.ndarray], value: float | None, colours: Palette, language: str
) -> go.Figure:
    """The card's reliability curve with its interval, the diagonal, and a line at this image's probability.

    `arrays` hold `probability`, `frequency`, `frequency_low`, `frequency_high`, each (G,) in [0, 1] (see `Arrays`);
    `value` in [0, 1], or None for no line.
    """
    grid = np.asarray(arrays["probability"])
    low, high = np.asarray(arrays["frequency_low"]), np.asarray(arrays["frequency_high"])
    figure = go.Figure(
        [
            go.Scatter(
                x=np.concatenate([grid, grid[::-1]]),
                y=np.concatenate([high, low[::-1]]),
                fill="toself",
                mode="none",
                fillcolor=colours.lines,
                name=say("interface.reliability_interval", language),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": colours.muted, "dash": "dot", "width": 1.5},
                name=say("interface.reliability_perfect", language),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=grid,
                y=arrays["frequency"],
                mode="lines",
                line={"color": colours.accent, "width": 2.5},
                name=say("interface.reliability_curve", language),
                hoverinfo="skip",
            ),
        ]
    )
    if value is not None:
        figure.add_vline(
            x=value,
            line={"color": colours.ink, "width": 1.5, "dash": "dash"},
            annotation={"text": say("interface.reliability_here", language), "font": {"color": colours.ink}},
            annotation_position="top left" if value > 0.5 else "top right",
        )
    axis = {
        "range": [-0.01, 1.01],
        "tickvals": _TICKS,
        "ticktext": [number(tick, language) for tick in _TICKS],
        "gridcolor": colours.lines,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    figure.update_layout(
        height=400,
        margin={"l": 8, "r": 16, "t": 64, "b": 8},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        legend={"orientation": "h", "y": 1.12, "x": 0, "yanchor": "bottom"},
        xaxis={**axis, "title": {"text": say("interface.reliability_x", language), "font": {"size": 16}}},
        yaxis={**axis, "title": {"text": say("interface.reliability_y", language), "font": {"size": 16}}},
    )
    return figure
