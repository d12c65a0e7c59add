"""Compare: which parts of the image did the model use, and whether nine ways of asking agree."""

from util.interface import (
    compare_tabs_ui,
    given_bar_ui,
    no_model_ui,
    nothing_yet_ui,
    page,
    warning_ui,
)


def main() -> None:
    """What goes in, in one line; then the three tabs."""
    with page("compare"):
        card, given = given_bar_ui()
        if card is None:
            no_model_ui()
        elif given is None:
            nothing_yet_ui()
        else:
            compare_tabs_ui(given)
        warning_ui(card)


main()
