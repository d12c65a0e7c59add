"""How the map drifts away from the trained one while the network forgets, beside its likeness to mere edges."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from util.comparison.forgetting import Forgetting
from util.interface.comparing.line_chart import framed
from util.interface.comparing.matrix import STILL
from util.interface.palette import Palette, palette
from util.interface.tongue import language, words
from util.language import number


def likeness_chart_ui(found: Forgetting) -> None:
    """Two lines over the stages of forgetting."""
    st.plotly_chart(
        likeness_chart(found, palette(), language()),
        theme=None,
        config=STILL,
        key="sanity_chart",
        alt=words("compare.sanity_chart_alt"),
    )


def likeness_chart(found: Forgetting, colours: Palette, tongue: str) -> go.Figure:
    """Rank correlations over the stages; a stage without evidence leaves a gap."""
    places = [stage.stage for stage in found.stages]
    lines = {
        "trained": (
            [stage.trained and stage.trained.spearman for stage in found.stages],
            colours.accent,
            "solid",
        ),
        "edges": ([stage.edges and stage.edges.spearman for stage in found.stages], colours.grey, "dash"),
    }
    figure = go.Figure(
        [
            go.Scatter(
                x=places,
                y=values,
                mode="lines+markers",
                line={"color": tone, "width": 3, "dash": dash},
                name=words(f"compare.sanity_line_{name}"),
                hovertext=["" if value is None else number(value, tongue) for value in values],
                hoverinfo="text",
            )
            for name, (values, tone, dash) in lines.items()
        ]
    )
    ticks = [-0.5, 0, 0.5, 1]
    return framed(
        figure,
        colours,
        height=300,
        across=words("compare.sanity_axis"),
        up=words("compare.measure_spearman"),
        x={"tickvals": places},
        y={
            "range": [-0.6, 1.05],
            "tickvals": ticks,
            "ticktext": [number(tick, tongue).replace("-", "−") for tick in ticks],
        },
        legend={"y": -0.28},
    )
