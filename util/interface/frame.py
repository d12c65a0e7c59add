"""The frame of a page: one measure, and two columns that become one on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from util.interface.comparing.job import end_jobs
from util.interface.door import send_to_door


@contextmanager
def page(name: str) -> Iterator[None]:
    """Everything the page `name` shows stands inside: as wide as can be read, and never without the door."""
    send_to_door(name)
    leave_ui(name)
    with st.container(key="page"):
        yield


def leave_ui(name: str) -> None:
    """End what the page Compare still computes for a visitor who has gone to another page."""
    if name != "compare":
        end_jobs()


def two_columns() -> tuple[st.delta_generator.DeltaGenerator, st.delta_generator.DeltaGenerator]:
    """What goes in on the left, what comes out on the right; one below the other on a narrow screen."""
    left, right = st.container(key="table").columns([5, 8], gap="large")
    return left, right


def below_intake() -> st.delta_generator.DeltaGenerator:
    """What stands under the input on a wide screen, and folds away with it on a narrow one."""
    return st.container(key="outtake")
