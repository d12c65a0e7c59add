"""Numbers, shares and dates as English and French write them."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from numbers import Integral

NO_BREAK_SPACE = "\u00a0"
_FRENCH_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
)
_ENGLISH_MONTHS = (
    "January February March April May June July August September October November December".split()
)


@dataclass(frozen=True)
class Percent:
    """A share in [0, 1] that sentences write as a percentage."""

    share: float


@dataclass(frozen=True)
class Chance:
    """A model's probability in [0, 1] that sentences write as `chance` does."""

    share: float

    def text(self, language: str) -> str:
        """The percentage in `language`, never 0 and never 100."""
        return chance(self.share, language)


def number(value: float, language: str, digits: int = 2) -> str:
    """Write `value` with `digits` significant digits, all digits before the point kept; integers in full.

    Thousands are grouped. Values in [-1, 1] get `digits` decimals, so that 0.9961 reads 1.00 and never 1.0; what is
    not finite reads "?".
    """
    if isinstance(value, Integral):
        text = f"{value:,}"
    elif not math.isfinite(value):
        text = "?"
    elif abs(value) <= 1:
        # z: what rounds to zero has no sign.
        text = f"{value:z.{digits}f}"
    else:
        # The exponent after rounding: 9.96 is written as 10, not as 10.0.
        exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
        decimals = max(0, digits - 1 - exponent)
        text = f"{value:,.{decimals}f}"
    if language == "fr":
        # No-break space, not the narrow one: every built-in PDF font has it.
        text = text.replace(",", NO_BREAK_SPACE).replace(".", ",")
    return text


def percent(share: float, language: str, decimals: int = 0) -> str:
    """Write a share in [0, 1] as "83%" (English) or "83 %" (French, with a no-break space)."""
    text = f"{100 * share:.{decimals}f}"
    if language == "fr":
        return text.replace(".", ",") + NO_BREAK_SPACE + "%"
    return text + "%"


def chance(share: float, language: str, decimals: int = 0) -> str:
    """Write a model's probability in [0, 1] as `percent` does, but "<1%" or ">99%" for what would round to 0 or 100.

    In French "< 1 %" and "> 99 %", with no-break spaces: no class is impossible, and none is certain.
    """
    text, least = percent(share, language, decimals), 10.0 ** -(decimals + 2)
    space = NO_BREAK_SPACE if language == "fr" else ""
    for end, sign, near in ((0.0, "<", least), (1.0, ">", 1 - least)):
        if text == percent(end, language, decimals):
            return sign + space + percent(near, language, decimals)
    return text


def date(day: datetime.date, language: str) -> str:
    """Write a day as "21 November 2026" or "21 novembre 2026" ("1er" for the first, in French)."""
    if language == "fr":
        ordinal = "1er" if day.day == 1 else str(day.day)
        return f"{ordinal} {_FRENCH_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"
