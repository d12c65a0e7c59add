"""Slides of a cross-validation: a row a slide, and whole slides redrawn by a network that never saw them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from util.interface.palette import Palette, palette
from util.interface.precise import precise
from util.interface.rows import rows_ui
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.language import number, say
from util.modelstore.record_of_runs import Grid, Slide, Slides
from util.report.names import figure_name

_FIGURES = ("balanced_accuracy", "auc", "sensitivity", "specificity")
_LONG = 12  # rows above which a table scrolls in a box of its own
FEWEST, OF_A_CLASS = (
    20,
    5,
)  # patches of a slide, and of each class, under which it has no figures: as in subgroups
_BOX = 420  # height of that box in pixels


def slides_ui(found: Slides, key: str) -> None:
    """How much slides differ, the redrawn ones beside their labels, then every slide."""
    spread = [found.balanced_accuracy_quantiles.get(q) for q in ("5", "50", "95")]
    if None not in spread:
        low, middle, high = map(precise, spread)
        counts = {"count": found.with_both_classes, "slides": found.slides}
        st.markdown(plain(words("pages.slides_spread", low=low, middle=middle, high=high, **counts)))
    if found.grids:
        grids_ui(found.grids, key)
    if len(found.table) > _LONG:
        with st.container(height=_BOX, border=True):
            rows_ui(slide_rows(found.table))
    elif found.table:
        rows_ui(slide_rows(found.table))
    if any(too_few(row) for row in found.table):
        st.markdown(muted(words("pages.slides_few", images=FEWEST, of_class=OF_A_CLASS)))


def grids_ui(grids: Sequence[Grid], key: str) -> None:
    """One slide at a time: the probability of every patch, and what the pathologist marked."""
    names = [grid.slide for grid in grids]
    chosen = st.selectbox(words("pages.slide_redrawn"), names, key=f"slide_{key}")
    grid = grids[names.index(chosen if chosen in names else names[0])]
    for column, kind in zip(st.columns(2, gap="medium"), ("chance", "labels"), strict=True):
        with column:
            st.markdown(muted(words(f"pages.slide_{kind}")))
            st.plotly_chart(
                slide_map(grid, kind, palette(), language()),
                theme=None,
                config={"displayModeBar": False, "responsive": True},
                key=f"{kind}_{key}",
                alt=words(f"pages.slide_{kind}_alt", slide=grid.slide),
            )
    fold = "?" if grid.fold is None else str(grid.fold)
    st.markdown(muted(words("pages.slide_what", count=grid.patches, fold=fold)))


def slide_map(grid: Grid, kind: str, colours: Palette, language: str) -> go.Figure:
    """The patches of `grid` where they lie on the glass, coloured by their "chance" or by their "labels"."""
    values = chances(grid) if kind == "chance" else labels(grid)
    # Rows are as long as the widest of them: both maps of a slide must lie alike.
    wide = max(len(row) for row in chances(grid))
    values = [[*row, *[None] * (wide - len(row))] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            text=[[_said(value, kind, language) for value in row] for row in values],
            hoverinfo="text",
            zmin=0,
            zmax=1,
            colorscale=[(0, colours.below), (0.5, colours.lines), (1, colours.above)],
            # A scale beside one of them would make it smaller: the words above say what the colours are.
            showscale=False,
            xgap=0.5,
            ygap=0.5,
            hoverongaps=False,
        )
    )
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        height=340,
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={**hidden, "constrain": "domain"},
        yaxis={**hidden, "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
        separators=", " if language == "fr" else ".,",
    )
    return figure


def chances(grid: Grid) -> list[list[float | None]]:
    """The probability of each patch, row by row; None where there is none."""
    return [[_digits(line[i : i + 2]) for i in range(0, len(line), 2)] for line in grid.chance]


def labels(grid: Grid) -> list[list[float | None]]:
    """The label of each patch, 0 or 1, row by row; None where there is none."""
    return [[float(mark) if mark.isdigit() else None for mark in line] for line in grid.labels]


def too_few(row: Slide) -> bool:
    """Whether a slide is too small for figures, by the rule of the tables of subgroups."""
    return row.patches < FEWEST or min(row.positives, row.patches - row.positives) < OF_A_CLASS


def slide_rows(table: Sequence[Slide]) -> list[dict[str, str]]:
    """One line a slide, those with the lowest balanced accuracy first, those with too few patches last."""
    ordered = sorted(table, key=_place)
    return [
        {
            words("pages.column_slide"): row.slide,
            words("pages.column_fold"): "" if row.fold is None else str(row.fold),
            words("pages.column_patches"): number(row.patches, language()),
            words("pages.column_positives"): number(row.positives, language()),
            **{figure_name(name, language()): _figure(row, name) for name in _FIGURES},
        }
        for row in ordered
    ]


def _place(row: Slide) -> float:
    return 2.0 if too_few(row) or row.balanced_accuracy is None else row.balanced_accuracy


def _figure(row: Slide, name: str) -> str:
    if too_few(row):
        return words("measured.too_few") if name == _FIGURES[0] else ""
    return precise(getattr(row, name)) or "–"


def _digits(text: str) -> float | None:
    return int(text) / 100 if text.isdigit() else None


def _said(value: float | None, kind: str, language: str) -> str:
    if value is None:
        return ""
    if kind == "chance":
        return number(value, language, 2)
    return say("pages.slide_marked" if value else "pages.slide_unmarked", language)
