"""The dial: bands with a colour, a pattern and a word each, and a pointer; hatched where nothing is calibrated."""

from __future__ import annotations

import functools
import math

import plotly.graph_objects as go

from util.interface.palette import Palette
from util.language import chance, number, say

_INNER, _OUTER = 0.8, 1.0
_POINTER = (0.5, 0.77)
_GAP = 0.004
_PATTERNS = {"below": ".", "grey": "/", "above": "x"}
_HATCHED = {
    "calibrated": "interface.dial_no_zone",
    "raw": "interface.dial_raw",
    "unfamiliar": "interface.dial_unfamiliar",
}
_WORDS = {"below": "interface.band_below", "grey": "interface.band_grey", "above": "interface.band_above"}


@functools.lru_cache(maxsize=64)
def gauge(
    value: float | None, zone: tuple[float, float] | None, kind: str, colours: Palette, language: str
) -> go.Figure:
    """A half-circle dial of a probability.

    `value` in [0, 1], or None for a dial without a pointer; `zone` (low, high) in [0, 1] or None;
    `kind` "calibrated", "raw" or "unfamiliar". Only a calibrated number with a zone has bands: else the ring is
    hatched, and an unfamiliar image has no pointer either. Numbers and words are written in `language` ("en" or
    "fr"). Drawn with filled shapes, since Plotly's indicator has no patterns.
    """
    figure = go.Figure()
    if kind == "calibrated" and zone is not None:
        _bands(figure, zone, colours, language)
    else:
        _hatched(figure, kind, colours, language)
    if value is not None and kind != "unfamiliar":
        _pointer(figure, value, colours)
        _centre(figure, value, kind, colours, language)
    figure.update_layout(
        height=250,
        margin={"l": 0, "r": 0, "t": 2, "b": 0},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={"visible": False, "range": [-1.16, 1.16], "fixedrange": True},
        yaxis={"visible": False, "range": [-0.54, 1.04], "fixedrange": True, "scaleanchor": "x"},
    )
    return figure


def _bands(figure: go.Figure, zone: tuple[float, float], colours: Palette, language: str) -> None:
    low, high = zone
    pieces = (("below", 0.0, low, -0.8), ("grey", low, high, 0.0), ("above", high, 1.0, 0.8))
    for name, start, end, x in pieces:
        word = say(_WORDS[name], language)
        range_words = say(
            "interface.band_range", language, low=_written(start, language), high=_written(end, language)
        )
        hover = f"{word}: {range_words}"
        figure.add_trace(_ring(start, end, colours.band(name), _PATTERNS[name], colours.paper, word, hover))
        # The words stand in a row under the dial: there they fit, wherever the zone lies.
        figure.add_annotation(
            x=x,
            y=-0.18,
            text=f"<b>{word}</b><br><span style='color:{colours.muted}'>{range_words}</span>",
            showarrow=False,
            yanchor="top",
        )
        figure.add_trace(_swatch(x, colours.band(name), _PATTERNS[name], colours.paper))


def _hatched(figure: go.Figure, kind: str, colours: Palette, language: str) -> None:
    word = say(_HATCHED[kind], language)
    figure.add_trace(_ring(0.0, 1.0, colours.muted, "/", colours.paper, word, word))
    figure.add_annotation(
        x=0, y=-0.18, text=word, showarrow=False, yanchor="top", font={"color": colours.muted}
    )
    middle = (_INNER + _OUTER) / 2
    for end, x in ((0, -middle), (1, middle)):
        figure.add_annotation(x=x, y=-0.01, text=number(end, language), showarrow=False, yanchor="top")


def _written(limit: float, language: str) -> str:
    return number(int(limit), language) if limit in (0.0, 1.0) else number(float(limit), language)


def _ring(
    start: float, end: float, colour: str, pattern: str, paper: str, name: str, hover: str
) -> go.Scatter:
    """One filled piece of the ring from value `start` to `end`, as a closed polygon."""
    first, last = start + _GAP, max(start + _GAP, end - _GAP)
    steps = [first + (last - first) * i / 48 for i in range(49)]
    outer = [_point(v, _OUTER) for v in steps]
    inner = [_point(v, _INNER) for v in reversed(steps)]
    return _filled([*outer, *inner], colour, pattern, paper, name=name, text=hover, hoverinfo="text")


def _swatch(x: float, colour: str, pattern: str, paper: str) -> go.Scatter:
    """A short bar of a band's colour and pattern above its word."""
    corners = [(x - 0.14, -0.17), (x + 0.14, -0.17), (x + 0.14, -0.1), (x - 0.14, -0.1)]
    return _filled(corners, colour, pattern, paper, hoverinfo="skip")


def _filled(
    corners: list[tuple[float, float]], colour: str, pattern: str, paper: str, **more: object
) -> go.Scatter:
    x, y = zip(*corners, corners[0], strict=True)
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        fill="toself",
        line={"color": colour, "width": 1},
        fillcolor=colour,
        fillpattern={"shape": pattern, "fgcolor": paper, "bgcolor": colour, "size": 6, "solidity": 0.16},
        hoveron="fills",
        **more,
    )


def _point(value: float, radius: float) -> tuple[float, float]:
    angle = math.pi * (1 - value)
    return radius * math.cos(angle), radius * math.sin(angle)


def _pointer(figure: go.Figure, value: float, colours: Palette) -> None:
    """A needle that touches the ring and leaves the middle free for the number."""
    near, tip = _POINTER
    at = min(max(value, 0.0), 1.0)
    x, y = zip(_point(at - 0.022, near), _point(at, tip), _point(at + 0.022, near), strict=True)
    figure.add_trace(
        go.Scatter(
            x=[*x, x[0]],
            y=[*y, y[0]],
            mode="lines",
            fill="toself",
            line={"color": colours.ink, "width": 1},
            fillcolor=colours.ink,
            hoverinfo="skip",
        )
    )


def _centre(figure: go.Figure, value: float, kind: str, colours: Palette, language: str) -> None:
    """The number in the middle: a percentage where it is calibrated, else a bare score that promises nothing."""
    calibrated = kind == "calibrated"
    figure.add_annotation(
        x=0,
        y=0.36 if calibrated else 0.28,
        text=f"<b>{chance(value, language) if calibrated else number(float(value), language)}</b>",
        showarrow=False,
        yanchor="middle",
        font={"size": 32, "color": colours.ink, "family": "Source Serif, serif"},
    )
    if calibrated:
        figure.add_annotation(
            x=0,
            y=0.2,
            text=say("interface.dial_calibrated", language),
            showarrow=False,
            yanchor="top",
            font={"color": colours.muted},
        )
