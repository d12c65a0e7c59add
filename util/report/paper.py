"""The look of the page: colours, type scale, and text that the built-in PDF fonts can print."""

from __future__ import annotations

import bisect
import functools
import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Paragraph

INK = HexColor("#1E2430")
MUTED = HexColor("#5B5D60")
ACCENT = HexColor("#0F6E6E")
LINE = HexColor("#E4E0D8")
PAPER = HexColor("#FBFAF7")
BAND_COLOURS = {"below": HexColor("#3E6C9E"), "grey": HexColor("#B9822B"), "above": HexColor("#A4432F")}

MARGIN = 17 * mm
SERIF = "Times-Roman"
SERIF_BOLD = "Times-Bold"
SANS = "Helvetica"
SANS_BOLD = "Helvetica-Bold"
MONO = "Courier"

# The built-in fonts hold the Windows-1252 characters only; these are the likely others.
_REPLACED = str.maketrans(
    {
        "\u202f": "\u00a0",
        "\u2009": "\u00a0",
        "\u2007": "\u00a0",
        "\u2011": "-",
        "\u2012": "-",
        "\u2212": "\u2013",  # as wide as a minus, unlike the hyphen
        "\u2010": "-",
        "\u2190": "<-",
        "\u2192": "->",
        "\u2194": "<->",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u2248": "~",
        "\u2260": "!=",
        "\u221e": "inf",
        "\u03bc": "\u00b5",
        "\u03c3": "sigma",
        "\u00ad": None,
        "\u200b": None,
        "\ufeff": None,
    }
)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: Color) -> float:
        parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.rgb())
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def printable(text: object) -> str:
    """`text` with every character in Windows-1252: replaced where a likeness is known, else by "?".

    Control characters become spaces; the result is always drawable in Times and Helvetica.
    """
    kept = []
    for letter in unicodedata.normalize("NFC", str(text)).translate(_REPLACED):
        if unicodedata.category(letter) == "Cc":
            kept.append(" ")
        elif _has_glyph(letter):
            kept.append(letter)
        else:
            simple = unicodedata.normalize("NFKD", letter)
            simple = "".join(part for part in simple if not unicodedata.combining(part))
            kept.append(simple if simple and all(map(_has_glyph, simple)) else "?")
    return "".join(kept)


@functools.cache
def _has_glyph(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def shortened(text: object, longest: int) -> str:
    """`text` cut at a word to at most `longest` characters, with an ellipsis where something was cut."""
    whole = " ".join(str(text).split(" "))
    if len(whole) <= longest:
        return whole
    cut = whole[: max(1, longest - 1)]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > longest // 2 else cut).rstrip() + "\u2026"


def fitted(text: object, font: str, size: float, width: float) -> str:
    """One printable line of `text` no wider than `width` points, with an ellipsis where something was cut."""
    line = printable(shortened(text, 400))
    if stringWidth(line, font, size) <= width:
        return line
    lengths = range(len(line) + 1)
    kept = bisect.bisect_right(lengths, width, key=lambda n: stringWidth(line[:n] + "\u2026", font, size)) - 1
    return line[: max(0, kept)].rstrip() + "\u2026"


@dataclass(frozen=True)
class Type:
    """One density of the page: `scale` of the type, `longest` characters of a text, `items` of a list.

    `pictures` is the least height in points that the two large images keep.
    """

    scale: float
    longest: int
    items: int
    pictures: float

    def size(self, points: float) -> float:
        """`points` at this density."""
        return points * self.scale

    def style(self, points: float = 8.8, font: str = SANS, colour: Color = INK, **more) -> ParagraphStyle:
        """A paragraph style of `points` at full density, lines 1.34 times that apart, headings 1.14 times."""
        size = self.size(points)
        leading = size * (1.14 if points >= 14 else 1.34)
        return ParagraphStyle(
            "text", fontName=font, fontSize=size, leading=leading, textColor=colour, splitLongWords=1, **more
        )

    def text(
        self, text: object, points: float = 8.8, font: str = SANS, colour: Color = INK, **more
    ) -> Paragraph:
        """A paragraph of plain `text`: shortened to this density, made printable, escaped."""
        return Paragraph(self.plain(text), self.style(points, font, colour, **more))

    def plain(self, text: object) -> str:
        """`text` shortened, printable and escaped, ready to stand inside paragraph markup."""
        return escape(printable(shortened(text, self.longest)))


# From roomy to cramped; the page takes the first that fits.
DENSITIES = (
    Type(1.0, 900, 12, 66 * mm),
    Type(0.95, 700, 9, 56 * mm),
    Type(0.9, 520, 8, 48 * mm),
    Type(0.84, 400, 7, 42 * mm),
    Type(0.78, 300, 6, 38 * mm),
    Type(0.72, 220, 5, 34 * mm),
    Type(0.66, 150, 4, 30 * mm),
    Type(0.6, 90, 3, 26 * mm),
)
