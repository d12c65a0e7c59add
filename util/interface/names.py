"""Words for people in place of a card's strings, in this session's language."""

from __future__ import annotations

from util.diagnosis import class_name
from util.interface.tongue import language, words
from util.language import Sentence, entries
from util.modelstore.card import Card
from util.report.names import figure_name, word


def label(card: Card, index: int) -> str:
    """The name of class `index`; the card's own string where the catalogue has none."""
    name = class_name(card, index)
    return name.text(language()) if isinstance(name, Sentence) else name


def own_label(card: Card, own: str) -> str:
    """The name of the class that the card calls `own`; the string itself for a class that it does not have."""
    return label(card, card.labels.index(own)) if own in card.labels else own


def sign(card: Card, index: int) -> str:
    """The name of class `index`, with a triangle before it where it must not be missed."""
    dangerous = card.labels[index] in card.danger
    return f"▲ {label(card, index)}" if dangerous else label(card, index)


def danger_names(card: Card) -> str:
    """The classes that must not be missed, by name, joined by commas."""
    return ", ".join(label(card, card.labels.index(name)) for name in card.danger)


def told(key: str, otherwise: str) -> str:
    """The catalogue's words for `key`; `otherwise`, a record's own string, where it has none."""
    return words(key) if key in entries() else otherwise


def figure(name: str) -> str:
    """The name of a test figure, those that only records of runs have included."""
    return told(f"pages.figure_{name}", figure_name(name, language()))


def known(text: str) -> str:
    """A sex or a site of the body; the string itself where the catalogue has none."""
    return word(text, language())
