"""Small tables of words and numbers, drawn as plain HTML: there at once, and readable by a screen reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from util.interface.text import markup


def rows_ui(rows: Sequence[Mapping[str, str]]) -> None:
    """A table with one line a row; the keys of all rows, in order of appearance, are its columns."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    head = "".join(f'<th scope="col">{markup(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{markup(row.get(column, ''))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="rows" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
