"""Diagnose: what the model says about this image, and how far one may believe it."""

from util.interface import (
    answer_ui,
    below_intake,
    choice_ui,
    empty_ui,
    given_ui,
    intake_ui,
    modality_ui,
    no_model_ui,
    page,
    two_columns,
    warning_ui,
)


def main() -> None:
    """Left, what goes in; right, what comes out."""
    with page("diagnose"):
        left, right = two_columns()
        with left:
            modality = modality_ui()
            card = choice_ui(modality)
            given = intake_ui(modality, card)
        with right:
            if card is None:
                no_model_ui()
            elif given is None:
                empty_ui(card)
            else:
                answer_ui(given)
                warning_ui(card, "notice_below")
        with left, below_intake():
            if given is not None:
                given_ui(given)
            warning_ui(card)


main()
