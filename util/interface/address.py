"""What stands in the address, so that a teacher can share a link: language, modality, sample.

Streamlit's own `bind="query-params"` writes the label that is shown, which here is translated (or a picture);
these two functions write the option itself, so that one link works in both languages.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def from_address(key: str, options: Sequence[str], name: str | None = None) -> bool:
    """Let the address choose the first value of the widget `key`, where it names one of `options`; True if it did.

    In the address it is called `name`, or `key` without one.
    """
    name = name or key
    chosen = st.session_state.get(key) not in options and st.query_params.get(name) in options
    if chosen:
        st.session_state[key] = st.query_params[name]
    return chosen


def to_address(key: str, value: str | None) -> None:
    """Write `value` into the address under `key`, or take `key` out of it for None."""
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value
