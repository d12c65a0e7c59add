"""The cards that pages show."""

from __future__ import annotations

from util.modelstore.card import Card
from util.modelstore.errors import CardError
from util.modelstore.store import broken_cards, cards, default_card


def all_cards() -> tuple[tuple[Card, ...], tuple[CardError, ...]]:
    """Every readable card, and why each of the others could not be read."""
    return cards(), broken_cards()


def card_of(modality: str) -> Card | None:
    """The card that answers for `modality` unless another is chosen, or None where there is none."""
    try:
        return default_card(modality)
    except CardError:
        return None
