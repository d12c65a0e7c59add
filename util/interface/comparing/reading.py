"""What a method asks, how to read it, when it misleads, where it is from, and its code: a fold under its map."""

from __future__ import annotations

import functools
import importlib
import inspect

import streamlit as st

from util.comparison import Finding
from util.explanation import find_method
from util.interface.comparing.numbers import true_minus
from util.interface.text import muted, plain, strong
from util.interface.tongue import said, words

_PARTS = ("asks", "reading", "misleads", "source")


def reading_fold_ui(name: str, finding: Finding) -> None:
    """The fold of one method under its map."""
    with st.expander(words("compare.reading")):
        reading_ui(name)
        for note in finding.explanation.notes:
            st.markdown(muted(true_minus(said(note))))
        if st.toggle(words("compare.show_code"), key=f"code_{name}"):
            code_ui(name)


def reading_ui(name: str) -> None:
    """Four short paragraphs on the method."""
    method = find_method(name)
    for part in _PARTS:
        st.markdown(f"{strong(words(f'compare.part_{part}'))} {plain(said(method.words(part)))}")


def code_ui(name: str) -> None:
    """The file that drew the map, as it stands on the server."""
    st.markdown(muted(f"util/explanation/methods/{name}.py"))
    st.code(source_of(name), language="python", height=420)


@functools.cache
def source_of(name: str) -> str:
    """The text of the file of the method `name`."""
    return inspect.getsource(importlib.import_module(f"util.explanation.methods.{name}"))
