"""What age, sex and site did to the score of a fused model, and what the model would say of another person."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from util.comparison import Comparison
from util.diagnosis import Diagnosis
from util.explanation import MetadataAttribution, attribute_metadata
from util.interface.comparing.matrix import STILL
from util.interface.names import known, label
from util.interface.palette import Palette, palette
from util.interface.precise import precise, signed
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.modelstore.card import MetadataEncoding
from util.prediction import Metadata, predict

_FIELDS = ("age", "sex", "site")


def metadata_part_ui(diagnosis: Diagnosis, now: Comparison) -> None:
    """Attribution beside the what-if control; nothing for a model that reads the image alone."""
    if diagnosis.card.metadata is None:
        return
    from util.modelstore import open_network

    found = attribute_metadata(open_network(diagnosis.card), diagnosis.prediction, now.target)
    if found is None:
        return
    st.subheader(words("compare.metadata"), anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        attribution_ui(diagnosis, found)
    if diagnosis.prediction.familiar is not False:  # else the number that would change means nothing
        with right:
            what_if_ui(diagnosis, now.target)


def attribution_ui(diagnosis: Diagnosis, found: MetadataAttribution) -> None:
    """Exact Shapley values as bars, and the sum they make."""
    name = label(diagnosis.card, found.target)
    if not found.given:
        st.markdown(plain(words("compare.metadata_none")))
        return
    st.plotly_chart(
        attribution_chart(found, palette(), language()),
        theme=None,
        config=STILL,
        key="metadata_bars",
        alt=words(
            "compare.metadata_alt",
            name=name,
            values=", ".join(
                f"{words(f'compare.field_{key}')} {signed(found.fields[key])}" for key in _FIELDS
            ),
        ),
    )
    st.markdown(
        plain(
            words(
                "compare.metadata_sum", name=name, without=precise(found.without), score=precise(found.score)
            )
        )
    )
    st.markdown(muted(words("compare.metadata_what")))


def attribution_chart(found: MetadataAttribution, colours: Palette, tongue: str) -> go.Figure:
    """One bar a field, to the right where it added to the score, to the left where it took from it."""
    names = [words(f"compare.field_{key}") for key in _FIELDS]
    values = [found.fields[key] for key in _FIELDS]
    texts = [
        signed(value) if key in found.given else words("interface.unknown")
        for key, value in zip(_FIELDS, values, strict=True)
    ]
    reach = max(0.1, *(abs(value) for value in values)) * 1.6
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={
                "color": [colours.accent if value >= 0 else colours.grey for value in values],
                "pattern": {
                    "shape": ["" if value >= 0 else "/" for value in values],
                    "fillmode": "overlay",
                    "fgcolor": colours.paper,
                    "size": 6,
                    "solidity": 0.25,
                },
            },
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            width=0.55,
        )
    )
    figure.add_vline(x=0, line_color=colours.muted, line_width=1)
    figure.update_layout(
        height=170,
        margin={"l": 0, "r": 8, "t": 4, "b": 4},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans, sans-serif", "size": 16, "color": colours.ink},
        xaxis={"visible": False, "range": [-reach, reach], "fixedrange": True},
        yaxis={"autorange": "reversed", "showgrid": False, "fixedrange": True, "automargin": True},
    )
    return figure


@st.fragment
def what_if_ui(diagnosis: Diagnosis, target: int) -> None:
    """Other metadata for the same image, and what the model says then: a probability only where it is calibrated."""
    encoding = diagnosis.card.metadata
    st.markdown(f"**{plain(words('compare.what_if'))}**")
    other = what_if_metadata_ui(encoding, diagnosis.metadata)
    name = label(diagnosis.card, target)
    before = float(diagnosis.prediction.probabilities[target])
    raw = diagnosis.prediction.calibrated is None
    if other == diagnosis.metadata:
        key = "compare.what_if_same_raw" if raw else "compare.what_if_same"
        st.markdown(plain(words(key, name=name, value=before)))
        return
    from util.modelstore import open_network

    after = predict(open_network(diagnosis.card), diagnosis.prepared, other)
    value = float(after.probabilities[target])
    key = "compare.what_if_other_raw" if raw else "compare.what_if_other"
    st.markdown(plain(words(key, name=name, before=before, after=value)))
    if after.top != diagnosis.prediction.top:
        key = "compare.what_if_top_raw" if raw else "compare.what_if_top"
        st.markdown(plain(words(key, name=label(diagnosis.card, after.top))))
    st.markdown(muted(words("compare.what_if_note")))


def what_if_metadata_ui(encoding: MetadataEncoding, given: Metadata) -> Metadata:
    """The three fields, beginning at what was given."""
    unknown = words("interface.unknown")
    stamp = f"{given.age}_{given.sex}_{given.site}"  # other metadata in the bar begin anew here
    names = {text: known(text) for text in (*encoding.sexes, *encoding.sites)}
    left, right = st.columns(2)
    age = left.number_input(
        words("interface.age"),
        0,
        120,
        None if given.age is None else round(given.age),
        1,
        key=f"what_if_age_{stamp}",
        placeholder=unknown,
    )
    sexes, sites = list(encoding.sexes), list(encoding.sites)
    sex = right.selectbox(
        words("interface.sex"),
        sexes,
        index=sexes.index(given.sex) if given.sex in sexes else None,
        format_func=names.__getitem__,
        key=f"what_if_sex_{stamp}",
        placeholder=unknown,
    )
    site = st.selectbox(
        words("interface.site"),
        sites,
        index=sites.index(given.site) if given.site in sites else None,
        format_func=names.__getitem__,
        key=f"what_if_site_{stamp}",
        placeholder=unknown,
    )
    return Metadata(None if age is None else float(age), sex, site)
