"""The cards that pages show."""

from __future__ import annotations

from util.modelstore.card import Card
from util.modelstore.errors import CardError
from util.modelstore.store import broken_cards, cards, default_card


def all_cards() -> tuple[tuple[Card, ...], tuple[CardError, ...]]:
    """Every readable card, kind by kind with its default first, and why each of the others could not be read."""
    return tuple(sorted(cards(), key=_place)), broken_cards()


def cards_of(modality: str) -> tuple[Card, ...]:
    """The cards of `modality`, the one that answers unless another is chosen first, teaching models last."""
    first = card_of(modality)
    others = sorted((card for card in cards() if card.modality == modality and card != first), key=_place)
    return () if first is None else (first, *others)


def _place(card: Card) -> tuple[str, bool, bool, str]:
    return card.modality, not card.default, card.teaching is not None, card.name


def card_of(modality: str) -> Card | None:
    """The card that answers for `modality` unless another is chosen, or None where there is none."""
    try:
        return default_card(modality)
    except CardError:
        return None
