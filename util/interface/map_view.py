"""The image beside its map: one slider and one legend; moving the slider redraws this piece alone."""

from __future__ import annotations

import numpy as np
import streamlit as st

from util.diagnosis import Diagnosis
from util.explanation import colour_table, default_colours, overlay
from util.interface.focus import focus_line
from util.interface.names import label
from util.interface.pictures import fitted, picture_ui
from util.interface.text import markup, muted
from util.interface.tongue import words

_START = 45


def map_ui(diagnosis: Diagnosis) -> None:
    """Image beside its map, and one line on where the map lies."""
    overlay_ui(diagnosis)
    # In an image unlike any that the model knows, no lungs and no lesion can be looked for.
    familiar = diagnosis.prediction.familiar is not False
    if familiar and (line := focus_line(diagnosis)):
        st.markdown(muted(line))


@st.fragment
def overlay_ui(diagnosis: Diagnosis) -> None:
    """Image, overlay, slider and legend; a fragment, so that no network runs when the slider moves."""
    explanation = diagnosis.explanation
    name = label(diagnosis.card, explanation.target)
    with st.container(key="map"):
        left, right = st.columns(2, gap="small", wrap=False)
        with left:
            picture_ui(
                fitted(diagnosis.prepared.pixels),
                muted(words("interface.as_received")),
                words("interface.image_alt", kind=words(f"interface.modality_{diagnosis.card.modality}")),
            )
        opacity = st.session_state.get("opacity", _START)
        with right:
            key = "interface.map_empty" if explanation.empty else "interface.map_caption"
            picture_ui(overlaid(diagnosis, opacity), muted(words(key, name=name)), words(key, name=name))
        left, right = st.columns(2, gap="small", wrap=False)
        with left:
            st.slider(
                words("interface.overlay"),
                0,
                100,
                _START,
                5,
                format=words("interface.slider_format"),
                key="opacity",
                disabled=explanation.empty,
            )
        with right:
            legend_ui(default_colours(diagnosis.card.modality), explanation.signed)


def overlaid(diagnosis: Diagnosis, opacity: int) -> np.ndarray:
    """The prepared image under its map at `opacity` percent, uint8 (H, W, 3) at screen size."""
    pixels = fitted(diagnosis.prepared.pixels)
    colours = default_colours(diagnosis.card.modality)
    return overlay(pixels, diagnosis.explanation, opacity / 100, colours)


def legend_ui(colours: str, signed: bool) -> None:
    """The strip of the map's own colours with a word at each end."""
    stops = ", ".join(
        f"rgb({red} {green} {blue})" for red, green, blue in colour_table(colours)[::15].tolist()
    )
    low, high = ("legend_against", "legend_for") if signed else ("legend_none", "legend_most")
    low, high = words(f"interface.{low}"), words(f"interface.{high}")
    alt = words("interface.legend_alt", low=low, high=high)
    st.html(
        f'<div class="legend" role="img" aria-label="{markup(alt)}">'
        f'<div style="background:linear-gradient(to right, {stops})"></div>'
        f"<p><span>{markup(low)}</span><span>{markup(high)}</span></p></div>"
    )
