"""Numbers of this page that may be negative or missing."""

from __future__ import annotations

from util.interface.tongue import words


def minus(value: float | None) -> str:
    """A number with two digits and a true minus sign; a dash for none."""
    return "–" if value is None else words("interface.number", value=float(value)).replace("-", "−")
