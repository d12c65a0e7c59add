"""Which class was taken for which: counts, shaded by the share of the true class."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from util.interface.names import own_label
from util.interface.palette import Palette, palette
from util.interface.text import muted
from util.interface.tongue import language, words
from util.language import number, percent, say
from util.modelstore.card import Card

_FEW = 4  # more classes than this stand at the axes by their short labels


def confusion_ui(card: Card, labels: Sequence[str], counts: Sequence[Sequence[int]], key: str) -> None:
    """The matrix of `counts` (C, C), rows the true class, with what its shading means."""
    names = [own_label(card, label) for label in labels]
    right = sum(counts[k][k] for k in range(len(counts)))
    many = len(names) > _FEW
    st.plotly_chart(
        confusion(names, counts, palette(), language(), short=labels if many else None),
        theme=None,
        config={"displayModeBar": False, "responsive": True},
        key=key,
        alt=words("pages.confusion_alt", right=right, images=sum(map(sum, counts))),
    )
    st.markdown(muted(words("measured.note_confusion")))
    if many:
        st.markdown(muted(" · ".join(f"{own} {name}" for own, name in zip(labels, names, strict=True))))


def confusion(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    colours: Palette,
    language: str,
    *,
    short: Sequence[str] | None = None,
) -> go.Figure:
    """`counts` (C, C) of images, rows the true class, columns the decided one; `short` names stand at the axes."""
    shares = [[cell / max(1, sum(row)) for cell in row] for row in counts]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(range(len(names))),
            y=list(range(len(names))),
            zmin=0,
            zmax=1,
            colorscale=[[0, colours.paper], [1, _half(colours)]],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="text",
            hovertext=[
                [
                    say(
                        "pages.confusion_cell",
                        language,
                        truth=names[i],
                        said=names[j],
                        n=cell,
                        share=percent(shares[i][j], language),
                    )
                    for j, cell in enumerate(row)
                ]
                for i, row in enumerate(counts)
            ],
        )
    )
    for i, row in enumerate(counts):
        for j, cell in enumerate(row):
            figure.add_annotation(
                x=j,
                y=i,
                text=number(int(cell), language),
                showarrow=False,
                font={"color": colours.ink, "size": 16 if len(names) <= _FEW else 13},
            )
    axis = {
        "tickvals": list(range(len(names))),
        "ticktext": list(short or names),
        "showgrid": False,
        "zeroline": False,
    }
    axis |= {"fixedrange": True, "automargin": True}
    figure.update_layout(
        height=130 + 42 * max(4, len(names)),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "size": 16}},
        xaxis={**axis, "title": {"text": say("measured.column_said", language), "font": {"size": 16}}},
        yaxis={
            **axis,
            "autorange": "reversed",
            "title": {"text": say("measured.column_truth", language), "font": {"size": 16}},
        },
    )
    return figure


def _half(colours: Palette) -> str:
    """Half paper, half accent: the deepest shade on which the ink of the numbers can still be read."""
    pairs = zip(bytes.fromhex(colours.paper[1:]), bytes.fromhex(colours.accent[1:]), strict=True)
    return "#" + "".join(f"{(one + other) // 2:02X}" for one, other in pairs)
