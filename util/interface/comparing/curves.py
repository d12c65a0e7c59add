"""Deletion and insertion curves: one map against the others and against maps that know nothing of the network."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from util.comparison import Comparison
from util.explanation import CONTROLS, Curves
from util.interface.comparing.asked import method_name, method_titles
from util.interface.comparing.line_chart import framed
from util.interface.comparing.matrix import STILL, faded
from util.interface.note import note_ui
from util.interface.palette import Palette, palette
from util.interface.rows import rows_ui
from util.interface.text import muted
from util.interface.tongue import language, said, words
from util.language import number as written
from util.language import percent

_DASHES = {"random": "dot", "edges": "dash", "gaussian": "dashdot"}
WAYS = ("deletion", "insertion")


@st.fragment
def curves_ui(now: Comparison) -> None:
    """One map at a time, thick, with the three controls; the other maps thin behind it."""
    faithful = now.faithfulness
    names = [name for name, finding in now.findings.items() if finding.curves is not None]
    st.subheader(words("compare.curves"), anchor=False)
    if not names:
        st.markdown(muted(words("compare.curves_none")))
        return
    chosen = st.selectbox(
        words("compare.which_map"), names, format_func=method_titles().__getitem__, key="curves_of", width=360
    )
    chosen = chosen if chosen in names else names[0]
    if caution := faithful.caution():
        note_ui(said(caution))
    for way, place in zip(WAYS, st.columns(2, gap="large"), strict=True):
        with place:
            st.markdown(f"**{words(f'compare.title_{way}')}**")
            st.plotly_chart(
                curve_chart(now, chosen, way, palette(), language()),
                theme=None,
                config=STILL,
                key=f"curves_{way}",
                alt=words(f"compare.alt_{way}", method=method_name(chosen), **_areas(now, chosen, way)),
            )
    rows_ui(area_rows(now, chosen))
    st.markdown(muted(said(faithful.setting())))


def _areas(now: Comparison, chosen: str, way: str) -> dict[str, object]:
    edges = now.controls.get("edges")
    return {
        "area": area(now.findings[chosen].curves, way),
        "edges": "–" if edges is None else area(edges, way),
    }


def area(curves: Curves, way: str) -> float:
    """The area under one of the two curves."""
    return curves.deletion_area if way == "deletion" else curves.insertion_area


def area_rows(now: Comparison, chosen: str) -> list[dict[str, str]]:
    """Both areas of the chosen map and of the three controls, with the direction of better."""
    rows = []
    curves = {method_name(chosen): now.findings[chosen].curves}
    curves |= {words(f"compare.control_{name}"): now.controls.get(name) for name in CONTROLS}
    for name, one in curves.items():
        row = {words("compare.column_map"): name}
        for way in WAYS:
            row[words(f"compare.column_{way}")] = (
                "–" if one is None else words("interface.number", value=area(one, way))
            )
        rows.append(row)
    return rows


def curve_chart(now: Comparison, chosen: str, way: str, colours: Palette, tongue: str) -> go.Figure:
    """The probability of the class over the share of pixels changed, strongest first."""
    figure = go.Figure()
    others = [name for name, one in now.findings.items() if one.curves is not None and name != chosen]
    for number, name in enumerate(others):
        # Faded ink and not the colour of grid lines, which the dark paper swallows.
        line = {"color": faded(colours.muted, 0.55), "width": 1.5}
        trace = _line(now.findings[name].curves, way, method_name(name), line, tongue, legend=number == 0)
        figure.add_trace(trace.update(name=words("compare.other_maps"), legendgroup="others"))
    tones = {"random": colours.muted, "edges": colours.grey, "gaussian": colours.below}
    for name in CONTROLS:
        if (one := now.controls.get(name)) is not None:
            line = {"color": tones[name], "width": 2, "dash": _DASHES[name]}
            figure.add_trace(_line(one, way, words(f"compare.control_{name}"), line, tongue))
    line = {"color": colours.accent, "width": 3.5}
    figure.add_trace(_line(now.findings[chosen].curves, way, method_name(chosen), line, tongue))
    ticks = [0, 0.25, 0.5, 0.75, 1]
    return framed(
        figure,
        colours,
        height=350,
        across=words(f"compare.axis_{way}"),
        up=words("compare.probability_axis"),
        x={"range": [0, 1], "tickvals": ticks, "ticktext": [percent(tick, tongue) for tick in ticks]},
        y={"range": [-0.02, 1.03], "tickvals": ticks, "ticktext": [written(tick, tongue) for tick in ticks]},
        legend={"y": -0.24, "traceorder": "reversed"},
    )


def _line(curves: Curves, way: str, name: str, line: dict, tongue: str, legend: bool = True) -> go.Scatter:
    values = curves.deletion if way == "deletion" else curves.insertion
    texts = [
        f"{name}<br>{percent(float(share), tongue)}: {written(float(value), tongue)}"
        for share, value in zip(curves.shares, values, strict=True)
    ]
    return go.Scatter(
        x=curves.shares,
        y=values,
        mode="lines",
        line=line,
        name=name,
        hovertext=texts,
        hoverinfo="text",
        showlegend=legend,
    )
