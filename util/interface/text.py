"""Text made safe for the places it is shown in: Markdown and HTML both read some characters as orders."""

from __future__ import annotations

import html
import re

# CommonMark: any ASCII punctuation after a backslash is itself; a list of the harmful ones would miss some.
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """`text` with every character that Markdown would read as an order escaped, so that it shows as written."""
    return _MARKDOWN.sub(r"\\\1", text)


def muted(text: str) -> str:
    """Markdown for `text` in the quieter ink."""
    return f":gray[{plain(text)}]"


def strong(text: str) -> str:
    """Markdown for `text` in bold."""
    return f"**{plain(text)}**"


def markup(text: str) -> str:
    """`text` for use inside HTML, attributes included."""
    return html.escape(text, quote=True)
