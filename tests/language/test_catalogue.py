"""One catalogue: every key that code asks for exists, every key is asked for, both languages have the same fields."""

import ast
import re
import string

import pytest

from tests.conftest import ROOT
from util.language import LANGUAGES, entries

WORD = r"[A-Za-z0-9_]+"
KEY = re.compile(r"[a-z_]+\.[A-Za-z0-9_]+")
SOURCES = sorted(
    [
        *ROOT.glob("util/**/*.py"),
        *ROOT.glob("pages/*.py"),
        *ROOT.glob("benchmarks/*.py"),
        ROOT / "streamlit_app.py",
    ]
)


def rooms() -> set[str]:
    return {key.partition(".")[0] for key in entries()}


def asked_for(text: str) -> tuple[set[str], set[str]]:
    """Keys written out in a source text, and patterns of those that are put together there.

    A family names its beginning (f"room.name_{label}"). Where code puts a whole name behind a room (f"room.{name}"),
    the names are the other texts of that room, so that no family swallows its room.
    """
    strings, joined = [], []
    tree = ast.parse(text)
    inside = {id(p) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for p in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            joined.append([p.value if isinstance(p, ast.Constant) else None for p in node.values])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            strings.append(node.value)
    keys = {text for text in strings if KEY.fullmatch(text) and text.partition(".")[0] in rooms()}
    patterns = {pattern(parts) for parts in joined if _room(parts) and parts[0] != f"{_room(parts)}."}
    stems = {text for text in keys if text.endswith("_") and text not in entries()}
    patterns |= {re.escape(stem) + WORD for stem in stems}
    for room in {_room(parts) for parts in joined if _room(parts) and parts[0] == f"{_room(parts)}."}:
        keys |= {f"{room}.{name}" for name in strings if f"{room}.{name}" in entries()}
        names = [parts for parts in joined if re.fullmatch(r"[a-z]+_|[a-z]+(_[a-z]+)*_", str(parts[0]))]
        patterns |= {re.escape(f"{room}.") + pattern(parts) for parts in names}
    return keys - stems, patterns


def pattern(parts: list[str | None]) -> str:
    return "".join(WORD if part is None else re.escape(part) for part in parts)


def _room(parts: list[str | None]) -> str | None:
    room, dot, _ = (parts[0] if parts and parts[0] else "").partition(".")
    return room if dot and room in rooms() else None


def everything_asked_for() -> tuple[set[str], set[str]]:
    # A room at a time: one file of a room may name what another puts behind the room's name.
    by_room: dict[str, list[str]] = {}
    for file in SOURCES:
        by_room.setdefault("/".join(file.relative_to(ROOT).parts[:2]), []).append(file.read_text("utf-8"))
    found = [asked_for("\n".join(texts)) for texts in by_room.values()]
    return set().union(*(keys for keys, _ in found)), set().union(*(patterns for _, patterns in found))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_search_finds_whole_keys_families_and_names_behind_a_room():
    keys, patterns = asked_for('say("interface.language"); say(f"interface.tab_{x}"); open("notes.txt")')
    assert keys == {"interface.language"}
    assert patterns == {r"interface\.tab_" + WORD}
    keys, patterns = asked_for('name = "set_one" if x else f"chip_{band}"; say(f"interface.{name}")')
    assert keys == {"interface.set_one"}
    assert patterns == {r"interface\.chip_" + WORD}


def test_every_key_that_code_asks_for_stands_in_the_catalogue():
    keys, _ = everything_asked_for()
    assert sorted(key for key in keys if key not in entries()) == []


def test_every_key_in_the_catalogue_is_asked_for():
    keys, patterns = everything_asked_for()
    assert (
        sorted(k for k in entries() if k not in keys and not any(re.fullmatch(p, k) for p in patterns)) == []
    )


@pytest.mark.parametrize("key", sorted(entries()))
def test_both_languages_say_it_with_the_same_fields(key):
    texts = entries()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(texts.values())
    assert fields(texts["en"]) == fields(texts["fr"])


# A word that a sentence needs to be true, and why: each of these was untrue, or said another thing in one language.
NEEDED = {
    "interface.report_privacy": (
        "except what is written in the picture",
        "sauf ce qui est écrit dans l’image",
    ),
    "interface.gate_privacy": ("of this server", "du serveur"),  # on a network it is another computer
    "interface.reliability_alt": ("how often the class was there", "fréquence réelle"),
    "cli.strangers": ("or with several", "ou avec plusieurs"),
    "compare.methods_cost": ("thousands", "milliers"),  # the full RISE
    "pages.slides_spread": (
        "at most {low}",
        "au plus {low}",
    ),  # limits of the worst and the best, not their values
}


@pytest.mark.parametrize("key", sorted(NEEDED))
def test_a_sentence_keeps_what_makes_it_true_in_both_languages(key):
    for language, needed in zip(LANGUAGES, NEEDED[key], strict=True):
        assert needed in entries()[key][language]


def test_french_puts_no_plain_space_before_high_punctuation():
    plain = {key: texts["fr"] for key, texts in entries().items() if re.search(r" [:;?!%»]|« ", texts["fr"])}
    assert plain == {}
