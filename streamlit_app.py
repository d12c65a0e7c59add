"""The door of Penumbra: settings, language, the disclaimer, then the pages along the top."""

import streamlit as st

from util.interface import enter, gate_ui, lead_on, warm_up, words

PAGES = ("diagnose", "compare", "models")


def main() -> None:
    """Let the visitor in, run the page that the address names, then wake the networks behind it."""
    enter()
    pages = [
        st.Page(f"pages/{name}.py", title=words(f"pages.{name}"), url_path=name, default=name == PAGES[0])
        for name in PAGES
    ]
    chosen = st.navigation(pages, position="top")
    if gate_ui():
        lead_on()
        chosen.run()
        warm_up()


main()
