import pickle

import pytest

from util.language import PenumbraError, Sentence

WORDS = {
    "a.two": {"en": "{first} before {second}", "fr": "{first} avant {second}"},
    "a.one": {"en": "one", "fr": "un"},
}


@pytest.fixture(autouse=True)
def catalogue(monkeypatch):
    """Two entries of our own."""
    monkeypatch.setattr("util.language.catalogue.entries", lambda: WORDS)


class Special(PenumbraError):
    """An error of some room."""


def test_a_sentence_is_said_in_either_language_and_so_are_those_inside_it():
    sentence = Sentence.of("a.two", first=Sentence.of("a.one"), second=0.5)
    assert sentence.text("en") == "one before 0.50"
    assert sentence.text("fr") == "un avant 0,50"


def test_braces_in_a_value_are_left_as_they_are():
    assert Sentence.of("a.two", first="{x}", second="%s").text("en") == "{x} before %s"


def test_an_unknown_key_a_missing_field_and_an_unknown_language_are_key_errors():
    for sentence, language in [
        (Sentence.of("a.none"), "en"),
        (Sentence.of("a.two", first=1), "en"),
        (Sentence.of("a.one"), "de"),
    ]:
        with pytest.raises(KeyError):
            sentence.text(language)


def test_equal_sentences_are_equal_and_hash_alike():
    one, other = (Sentence.of("a.two", first=1.0, second="x") for _ in range(2))
    assert one == other
    assert len({one, other, Sentence.of("a.one")}) == 2


def test_the_values_of_a_sentence_cannot_be_changed():
    with pytest.raises(TypeError):
        Sentence.of("a.two", first=1).values["first"] = 2


def test_a_sentence_survives_pickling():
    sentence = Sentence.of("a.two", first=Sentence.of("a.one"), second=2)
    assert pickle.loads(pickle.dumps(sentence)) == sentence


def test_an_error_speaks_both_languages_and_survives_pickling():
    error = Special("a.two", first=1, second=2)
    assert str(error) == error.sentence.text("en") == "1 before 2"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is Special
    assert again.sentence.text("fr") == "1 avant 2"
