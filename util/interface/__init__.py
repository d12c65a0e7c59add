"""Floor 10: the Streamlit pieces that pages share, and the door they are entered through.

Each is imported when it is first asked for: the first page is painted before the rooms below are loaded.
"""

from importlib import import_module

_DOORS = {
    "all_cards": "shelf",
    "answer_ui": "answer",
    "below_intake": "frame",
    "broken_ui": "model_cards",
    "card_ui": "model_cards",
    "choice_ui": "choice",
    "compare_tabs_ui": "comparing.tabs",
    "contents_ui": "model_cards",
    "empty_ui": "states",
    "enter": "door",
    "gate_ui": "door",
    "given_bar_ui": "comparing.bar",
    "given_ui": "facts",
    "intake_ui": "intake",
    "lead_on": "door",
    "modality_ui": "intake",
    "no_model_ui": "states",
    "nothing_yet_ui": "comparing.bar",
    "page": "frame",
    "plain": "text",
    "two_columns": "frame",
    "warm_up": "warmth",
    "warning_ui": "facts",
    "words": "tongue",
}

__all__ = sorted(_DOORS)


def __getattr__(name: str) -> object:
    """The piece called `name`, from the module that holds it; AttributeError where there is none."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
