"""Floor 10: the Streamlit pieces that pages share, and the door they are entered through."""

from util.interface.answer import answer_ui
from util.interface.door import enter, gate_ui, lead_on
from util.interface.facts import given_ui, warning_ui
from util.interface.frame import below_intake, page, two_columns
from util.interface.intake import intake_ui, modality_ui
from util.interface.model_cards import broken_ui, card_ui
from util.interface.shelf import all_cards, card_of
from util.interface.states import empty_ui, no_model_ui
from util.interface.text import plain
from util.interface.tongue import words
from util.interface.walk import warm_up

__all__ = [
    "all_cards",
    "answer_ui",
    "below_intake",
    "broken_ui",
    "card_of",
    "card_ui",
    "empty_ui",
    "gate_ui",
    "given_ui",
    "intake_ui",
    "lead_on",
    "modality_ui",
    "no_model_ui",
    "page",
    "plain",
    "enter",
    "two_columns",
    "warm_up",
    "warning_ui",
    "words",
]
