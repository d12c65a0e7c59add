import datetime
import math

import pytest

from util.language import Chance, Percent, Sentence, chance, date, number, percent, say

NB = "\u00a0"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (0.8349, "0.83", "0,83"),
        (0.9961, "1.00", "1,00"),
        (0.0, "0.00", "0,00"),
        (1.0, "1.00", "1,00"),
        (1.26, "1.3", "1,3"),
        (9.96, "10", "10"),
        (-0.001, "0.00", "0,00"),
        (12.6, "13", "13"),
        (-12.6, "-13", "-13"),
        (1234567.0, "1,234,567", f"1{NB}234{NB}567"),
        (1234567, "1,234,567", f"1{NB}234{NB}567"),
        (7, "7", "7"),
        (math.nan, "?", "?"),
        (math.inf, "?", "?"),
    ],
)
def test_numbers_are_written_as_each_language_does(value, english, french):
    assert number(value, "en") == english
    assert number(value, "fr") == french


@pytest.mark.parametrize("value", [0.001, 0.5, 3.14159, 42.0, 99.94, 650.2, 12345.6])
def test_a_number_read_back_is_within_the_digits_it_was_written_with(value):
    for language in ("en", "fr"):
        text = number(value, language, digits=3)
        plain = text.replace(",", "" if language == "en" else ".").replace(NB, "")
        assert float(plain) == pytest.approx(value, rel=5e-3, abs=5e-4)


@pytest.mark.parametrize(
    ("share", "english", "french"), [(0.834, "83%", f"83{NB}%"), (1, "100%", f"100{NB}%")]
)
def test_a_share_has_its_space_in_french_alone(share, english, french):
    assert percent(share, "en") == english
    assert percent(share, "fr") == french


def test_decimals_of_a_share_are_written_when_asked_for():
    assert percent(0.8349, "en", 1) == "83.5%"
    assert percent(0.8349, "fr", 1) == f"83,5{NB}%"


@pytest.mark.parametrize(
    ("share", "english", "french"),
    [
        (0.0, "<1%", f"<{NB}1{NB}%"),
        (0.005, "<1%", f"<{NB}1{NB}%"),
        (0.0051, "1%", f"1{NB}%"),
        (0.5, "50%", f"50{NB}%"),
        (0.9949, "99%", f"99{NB}%"),
        (0.9961, ">99%", f">{NB}99{NB}%"),
        (1.0, ">99%", f">{NB}99{NB}%"),
    ],
)
def test_no_chance_is_written_as_nothing_or_as_certain(share, english, french):
    assert chance(share, "en") == english
    assert chance(share, "fr") == french
    assert Chance(share).text("fr") == french


def test_with_decimals_a_chance_is_never_nothing_or_certain_either():
    assert [chance(share, "en", 1) for share in (0.0004, 0.9961, 0.9997)] == ["<0.1%", "99.6%", ">99.9%"]
    assert chance(0.9997, "fr", 1) == f">{NB}99,9{NB}%"


def test_a_chance_inside_a_sentence_follows_its_language(monkeypatch):
    monkeypatch.setattr("util.language.catalogue.entries", lambda: {"a.b": {"en": "{p}.", "fr": "{p}."}})
    assert Sentence.of("a.b", p=Chance(0.999)).text("en") == ">99%."


@pytest.mark.parametrize(
    ("day", "english", "french"),
    [
        (datetime.date(2026, 11, 21), "21 November 2026", "21 novembre 2026"),
        (datetime.date(2026, 8, 1), "1 August 2026", "1er août 2026"),
        (datetime.date(2027, 2, 28), "28 February 2027", "28 février 2027"),
    ],
)
def test_a_day_is_written_as_each_language_does(day, english, french):
    assert date(day, "en") == english
    assert date(day, "fr") == french


def test_every_month_has_its_name():
    for language in ("en", "fr"):
        assert len({date(datetime.date(2026, month, 2), language) for month in range(1, 13)}) == 12


def test_a_percentage_inside_a_sentence_follows_its_language(monkeypatch):
    monkeypatch.setattr(
        "util.language.catalogue.entries", lambda: {"a.b": {"en": "{p} of {n}", "fr": "{p} de {n}"}}
    )
    assert say("a.b", "en", p=Percent(0.1), n=1500) == "10% of 1,500"
    assert say("a.b", "fr", p=Percent(0.1), n=1500) == f"10{NB}% de 1{NB}500"
