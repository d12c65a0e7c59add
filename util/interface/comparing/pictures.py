"""Maps drawn over their image, each once for one opacity, so that a look at a running job costs nothing."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import streamlit as st

from util.explanation import Explanation, overlay
from util.explanation.drawing import DIVERGING
from util.interface.map_view import legend_ui
from util.interface.pictures import as_jpeg, fitted
from util.interface.text import muted
from util.interface.tongue import words

SIDE = 480
START = 45  # percent of opacity at which the image is still readable
_KEPT = 64
_SLOT = "drawn_maps"


def drawn(
    pixels: np.ndarray, heat: Explanation | np.ndarray | None, opacity: int, colours: str, side: int = SIDE
) -> bytes:
    """`pixels` uint8 (H, W, 3) under a map at `opacity` percent as JPEG, `side` pixels long; None draws no map."""
    kept: OrderedDict = st.session_state.setdefault(_SLOT, OrderedDict())
    key = id(pixels), id(heat), opacity, colours, side
    if key in kept:
        kept.move_to_end(key)
        return kept[key][0]
    shown = fitted(pixels, side)
    if heat is not None:
        shown = overlay(shown, heat, opacity / 100, colours)
    # The arrays are kept with their picture: an identity is only good as long as its owner lives.
    kept[key] = as_jpeg(shown), pixels, heat
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    return kept[key][0]


def scale_ui(colours: str, unsigned: bool, signed: bool, key: str = "compare_opacity") -> int:
    """One slider and the legends of the maps that are shown; the opacity in percent."""
    with st.container(key="scale"):
        left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
        with left:
            opacity = st.slider(
                words("interface.overlay"),
                0,
                100,
                START,
                5,
                format=words("interface.slider_format"),
                key=key,
                persist_state="session",
            )
        if unsigned:
            with middle:
                legend_ui(colours, signed=False)
        if signed:
            with right if unsigned else middle:
                legend_ui(DIVERGING, signed=True)
        st.markdown(muted(words("compare.scale_note")))
    return opacity
