"""Text for the built-in fonts: nothing that they lack reaches them."""

import pytest

from util.language import entries
from util.report.paper import SANS, fitted, printable, shortened


def test_every_word_of_the_report_is_printed_as_it_is_written():
    for key, texts in entries().items():
        if key.startswith(("report.", "diagnosis.", "preparation.")):
            for text in texts.values():
                assert printable(text) == text, key


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1\u202f000", "1\u00a0000"),
        ("a → b", "a -> b"),
        ("p ≥ 0.5", "p >= 0.5"),
        ("4 μm", "4 µm"),
        ("ﬁn", "fin"),
        ("łódź", "?ódz"),
        ("é", "é"),
        ("e\u0301", "é"),
        ("漢", "?"),
        ("\ud800", "?"),
        ("a\x00b", "a b"),
        ("“œ” – 5 €", "“œ” – 5 €"),
    ],
)
def test_what_the_fonts_lack_is_replaced(given, expected):
    assert printable(given) == expected


def test_printable_text_can_always_be_encoded():
    everything = "".join(map(chr, range(0x3000)))
    printable(everything).encode("cp1252")


def test_shortened_keeps_short_text_and_cuts_long_text_at_a_word():
    assert shortened("short", 10) == "short"
    assert shortened("one two three four", 12) == "one two…"
    assert len(shortened("x" * 100, 10)) == 10


def test_fitted_is_never_wider_than_asked():
    from reportlab.pdfbase.pdfmetrics import stringWidth

    for width in (0, 3, 20, 100, 1000):
        line = fitted("a rather long line of text", SANS, 9, width)
        assert stringWidth(line, SANS, 9) <= max(width, stringWidth("…", SANS, 9))
    assert fitted("short", SANS, 9, 500) == "short"
