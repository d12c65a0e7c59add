"""Floor 1: every word a person reads, in English and French, and the way each language writes numbers and dates."""

from util.language.catalogue import entries, say
from util.language.errors import PenumbraError
from util.language.numbers import Chance, Percent, chance, date, number, percent
from util.language.sentence import LANGUAGES, Sentence

__all__ = [
    "LANGUAGES",
    "Chance",
    "PenumbraError",
    "Percent",
    "Sentence",
    "chance",
    "date",
    "entries",
    "number",
    "percent",
    "say",
]
