"""The frame of a chart of lines: quiet axes, and what is counted upwards said above them."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from util.interface.palette import Palette


def framed(
    figure: go.Figure,
    colours: Palette,
    *,
    height: int,
    across: str,
    up: str,
    x: Mapping[str, object],
    y: Mapping[str, object],
    legend: Mapping[str, object],
) -> go.Figure:
    """`figure` with the titles `across` and `up`, and what is its own of the axes `x` and `y` and of the `legend`."""
    axis = {
        "showgrid": False, "zeroline": False, "fixedrange": True, "linecolor": colours.muted, "ticks": "",
        "automargin": True,
    }  # fmt: skip
    title = {"text": across, "standoff": 6, "font": {"size": 15, "color": colours.muted}}
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 26, "t": 30, "b": 0},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 15, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        legend={"orientation": "h", "x": 0, **legend},
        xaxis={**axis, "title": title, **x},
        yaxis={**axis, "showgrid": True, "gridcolor": colours.lines, **y},
    )
    # Above the axis and not beside it: turned words are hard to read, and take width on a narrow screen.
    figure.add_annotation(
        text=up,
        xref="paper",
        yref="paper",
        x=0,
        y=1.02,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"color": colours.muted},
    )
    return figure
