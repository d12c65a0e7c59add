"""Numbers of this page that may be negative, missing or too small to write."""

from __future__ import annotations

import re

from util.interface.tongue import words

_HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")
_SHORTEST = 0.01  # seconds


def minus(value: float | None) -> str:
    """A number with two digits and a true minus sign; a dash for none."""
    return "–" if value is None else true_minus(words("interface.number", value=float(value)))


def true_minus(text: str) -> str:
    """`text` with the minus sign of print before its negative numbers; hyphens inside words stay."""
    return _HYPHEN.sub("−", text)


def seconds_text(value: float) -> str:
    """A time in seconds; one too short for two decimals is said to be under 0.01 s, since nothing takes no time."""
    key = "compare.seconds_under" if value < _SHORTEST else "compare.seconds"
    return words(key, value=max(float(value), _SHORTEST))
