"""Figures that are compared with one another, written with three digits: they differ in the third."""

from __future__ import annotations

from util.interface.tongue import language, words
from util.language import number
from util.language.numbers import NO_BREAK_SPACE
from util.modelstore.card import Figure

DIGITS = 3


def precise(value: Figure | float | None) -> str:
    """A figure with its 95 % interval on one line, or a number; "" for none. Whole numbers are written in full."""
    if value is None:
        return ""
    if not isinstance(value, Figure):
        return _written(value)
    if value.low is None or value.high is None:
        return _written(value.value)
    low, high = _written(value.low), _written(value.high)
    text = words("interface.interval", value=_written(value.value), low=low, high=high)
    return text.replace(" ", NO_BREAK_SPACE)


def _written(value: float) -> str:
    return number(value, language(), DIGITS).replace("-", "−")


def shortest(value: float) -> str:
    """A setting with as many digits as it has: 0.5, 2, 1.25."""
    text = f"{value:g}"
    return text.replace(".", ",") if language() == "fr" else text


def signed(value: float) -> str:
    """A change with its sign: +0.012 or −0.012."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return sign + _written(abs(value))
