"""What a report is drawn from, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from util.language import number, say
from util.training.evaluation.whole import Whole


@dataclass(frozen=True)
class Material:
    """What a report is drawn from: an evaluation, a run's `history` (rows of text), and pictures of its errors.

    `pictures` are (plain, with map) data addresses in the order of `details["errors"]["confident"]`, or empty.
    """

    whole: Whole
    language: str
    history: Sequence[Mapping[str, str]] = ()
    pictures: Sequence[tuple[str, str]] = ()
    draws: int = 1000

    @property
    def details(self) -> Mapping:
        """The plain data of the evaluation."""
        return self.whole.details

    def words(self, name: str, /, **values: object) -> str:
        """A text of the catalogue's room `measured`."""
        return say(f"measured.{name}", self.language, **values)


def short(value: float, language: str, digits: int = 2) -> str:
    """A number of a table cell."""
    return number(float(value), language, digits)
