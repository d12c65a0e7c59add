"""The colours of charts, light and dark: those of `.streamlit/config.toml` and `style.css` (a test holds this)."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Palette:
    """Hex colours of one theme: paper and ink, one accent, and the three bands."""

    paper: str
    ink: str
    muted: str
    accent: str
    lines: str
    below: str
    grey: str
    above: str

    def band(self, name: str) -> str:
        """The colour of band `name`: "below", "grey" or "above"."""
        return {"below": self.below, "grey": self.grey, "above": self.above}[name]


LIGHT = Palette("#FBFAF7", "#1E2430", "#5B5D60", "#0F6E6E", "#E4E0D8", "#3E6C9E", "#B9822B", "#A4432F")
DARK = Palette("#14171C", "#ECE9E2", "#A9A79F", "#5CC2B8", "#2B3038", "#6F9BCB", "#D3A04C", "#D77560")


def palette() -> Palette:
    """The colours of the theme that the visitor's browser shows now."""
    return DARK if st.context.theme.type == "dark" else LIGHT
