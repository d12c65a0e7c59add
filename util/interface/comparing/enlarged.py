"""One map as large as the screen allows, with its own slider."""

from __future__ import annotations

import numpy as np
import streamlit as st

from util.diagnosis import Diagnosis
from util.explanation import Explanation
from util.explanation.drawing import DIVERGING
from util.interface.comparing.pictures import drawn
from util.interface.map_view import legend_ui
from util.interface.tongue import words

_LARGE = 900


def enlarged_ui(
    diagnosis: Diagnosis, heat: Explanation | np.ndarray, title: str, opacity: int, colours: str, alt: str
) -> None:
    """A dialog with the map over its image; Escape or the cross closes it."""
    signed = isinstance(heat, Explanation) and heat.signed

    @st.dialog(title, width="medium")
    def show() -> None:
        with st.container(key="enlarged"):
            left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
            with left:
                chosen = st.slider(
                    words("interface.overlay"),
                    0,
                    100,
                    opacity,
                    5,
                    format=words("interface.slider_format"),
                    key="enlarged_opacity",
                )
            with right:
                legend_ui(DIVERGING if signed else colours, signed)
            picture = drawn(diagnosis.prepared.pixels, heat, chosen, colours, _LARGE)
            st.image(picture, width="stretch", alt=alt)

    show()
