"""The frame of a page: one measure, and two columns that become one on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from util.interface.tongue import language_ui


@contextmanager
def page() -> Iterator[None]:
    """Everything a page shows stands inside: as wide as can be read, the languages in the header."""
    language_ui()
    with st.container(key="page"):
        yield


def two_columns() -> tuple[st.delta_generator.DeltaGenerator, st.delta_generator.DeltaGenerator]:
    """What goes in on the left, what comes out on the right; one below the other on a narrow screen."""
    left, right = st.columns([5, 8], gap="large")
    return left, right
