"""What can be wrong with a card or a model file, each said in one sentence."""

from __future__ import annotations

from util.language import PenumbraError


class CardError(PenumbraError):
    """A card that cannot be used: which field, what was expected, what was received."""


class ModelError(PenumbraError):
    """A model file that cannot be used, or that does not fit its card."""


class RecordError(PenumbraError):
    """A file beside a card (runs, evaluation) that cannot be read; the model itself can still be used."""
