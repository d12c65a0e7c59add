"""The dial: three bands, each with a colour, a pattern and a word, and a needle; hatched where nothing is calibrated."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from util.interface.palette import Palette
from util.language import number, percent, say

_INNER, _OUTER = 0.80, 1.0
_NEEDLE = 0.70
_GAP = 0.004
_PATTERNS = {"below": ".", "grey": "/", "above": "x"}
_WORDS = {"below": "interface.band_below", "grey": "interface.band_grey", "above": "interface.band_above"}


def gauge(
    value: float | None, zone: tuple[float, float] | None, calibrated: bool, colours: Palette, language: str
) -> go.Figure:
    """A half-circle dial of a probability.

    `value` in [0, 1], or None for a dial without a needle; `zone` (low, high) in [0, 1] or None; without calibration or zone the ring is hatched and
    has no bands. Numbers and words are written in `language` ("en" or "fr"). Drawn with filled shapes, since
    Plotly's indicator has no patterns.
    """
    figure = go.Figure()
    if calibrated and zone is not None:
        _bands(figure, zone, colours, language)
    else:
        _hatched(figure, calibrated, colours, language)
    if value is not None:
        _needle(figure, value, colours)
        _centre(figure, value, calibrated, colours, language)
    figure.update_layout(
        height=250,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={"visible": False, "range": [-1.34, 1.34], "fixedrange": True},
        yaxis={"visible": False, "range": [-0.36, 1.2], "fixedrange": True, "scaleanchor": "x"},
    )
    return figure


def _bands(figure: go.Figure, zone: tuple[float, float], colours: Palette, language: str) -> None:
    low, high = zone
    for name, start, end in (("below", 0.0, low), ("grey", low, high), ("above", high, 1.0)):
        word = say(_WORDS[name], language)
        hover = say(
            "interface.band_range",
            language,
            band=word,
            low=number(float(start), language),
            high=number(float(end), language),
        )
        figure.add_trace(
            _ring(start, end, colours.band(name), _PATTERNS[name], colours.paper, word, hover)
        )
        _word(figure, name, (start + end) / 2, word, colours)
    for limit in (low, high):
        _tick(figure, limit, colours, language)
    _end_ticks(figure, colours, language)


def _hatched(figure: go.Figure, calibrated: bool, colours: Palette, language: str) -> None:
    word = say("interface.dial_no_zone" if calibrated else "interface.dial_raw", language)
    figure.add_trace(_ring(0.0, 1.0, colours.muted, "/", colours.paper, word, word))
    _end_ticks(figure, colours, language)


def _ring(
    start: float, end: float, colour: str, pattern: str, paper: str, name: str, hover: str
) -> go.Scatter:
    """One filled piece of the ring from value `start` to `end`, as a closed polygon."""
    first, last = start + _GAP, max(start + _GAP, end - _GAP)
    steps = [first + (last - first) * i / 48 for i in range(49)]
    outer = [_point(v, _OUTER) for v in steps]
    inner = [_point(v, _INNER) for v in reversed(steps)]
    x, y = zip(*outer, *inner, outer[0], strict=True)
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        fill="toself",
        line={"color": colour, "width": 1},
        fillcolor=colour,
        fillpattern={"shape": pattern, "fgcolor": paper, "bgcolor": colour, "size": 7, "solidity": 0.22},
        hoveron="fills",
        text=hover,
        hoverinfo="text",
    )


def _point(value: float, radius: float) -> tuple[float, float]:
    angle = math.pi * (1 - value)
    return radius * math.cos(angle), radius * math.sin(angle)


def _word(figure: go.Figure, name: str, middle: float, word: str, colours: Palette) -> None:
    """The band's word outside the ring, pushed to where there is room for it."""
    x, y = _point(middle, 1.07)
    figure.add_annotation(
        x=x,
        y=y,
        text=f"<b>{word}</b>",
        showarrow=False,
        xanchor="center" if abs(x) < 0.35 else ("right" if x < 0 else "left"),
        yanchor="bottom",
        font={"color": colours.ink},
    )


def _tick(figure: go.Figure, value: float, colours: Palette, language: str) -> None:
    x, y = _point(value, _INNER - 0.03)
    figure.add_annotation(
        x=x,
        y=y,
        text=number(float(value), language),
        showarrow=False,
        xanchor="left" if x < -0.1 else ("right" if x > 0.1 else "center"),
        yanchor="top",
        font={"color": colours.muted},
    )


def _end_ticks(figure: go.Figure, colours: Palette, language: str) -> None:
    middle = (_INNER + _OUTER) / 2
    for value, x in ((0, -middle), (1, middle)):
        figure.add_annotation(
            x=x,
            y=-0.02,
            text=number(value, language),
            showarrow=False,
            yanchor="top",
            font={"color": colours.muted},
        )


def _needle(figure: go.Figure, value: float, colours: Palette) -> None:
    tip, hub = _point(min(max(value, 0.0), 1.0), _NEEDLE), (0.0, 0.0)
    figure.add_trace(
        go.Scatter(
            x=[hub[0], tip[0]],
            y=[hub[1], tip[1]],
            mode="lines+markers",
            line={"color": colours.ink, "width": 3},
            marker={"color": colours.ink, "size": [14, 0.1]},
            hoverinfo="skip",
        )
    )


def _centre(figure: go.Figure, value: float, calibrated: bool, colours: Palette, language: str) -> None:
    """The number under the hub, where no needle can cross it, and what kind of number it is."""
    figure.add_annotation(
        x=0,
        y=-0.06,
        text=f"<b>{percent(value, language)}</b>",
        showarrow=False,
        yanchor="top",
        font={"size": 28, "color": colours.ink, "family": "Source Serif, serif"},
    )
    figure.add_annotation(
        x=0,
        y=-0.25,
        text=say("interface.dial_calibrated" if calibrated else "interface.dial_raw", language),
        showarrow=False,
        yanchor="top",
        font={"color": colours.muted},
    )
