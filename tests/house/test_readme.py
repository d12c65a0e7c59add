import re
import shlex

import pytest

from tests.house.imports import ROOT

READMES = ("README.md", "README.fr.md")
FIRST_SCREEN = 32  # lines


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _commands(name: str) -> list[str]:
    """Every line of the code blocks, without comments."""
    blocks = re.findall(r"```\n(.*?)```", _text(name), re.S)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize("name", READMES)
def test_the_first_screen_holds_both_commands_and_a_picture(name):
    first = "\n".join(_text(name).splitlines()[:FIRST_SCREEN])
    assert re.search(r"^make run\b", first, re.M)
    assert re.search(r"^make test\b", first, re.M)
    assert "(docs/screenshot.png)" in first


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)\)", _text(name))
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_every_command_that_is_shown_is_understood(name):
    from util.cli import RUNS
    from util.cli.parsing import parser

    shown = [line for line in _commands(name) if line.startswith("python -m util.cli")]
    assert len(shown) >= 5
    for line in shown:
        words = shlex.split(line)[3:]
        assert parser("en", RUNS).parse_args(words).run


def test_both_languages_show_the_same_commands():
    english, french = (
        [re.sub(r" --language \w+|(?<= )\S+\.\w+|(?<=batch )\w+", "", line) for line in _commands(name)]
        for name in READMES
    )
    assert english == french


def test_both_languages_have_the_same_shape():
    english, french = (re.findall(r"^(#+ |\* |\||!\[|<!)", _text(name), re.M) for name in READMES)
    assert english == french


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_figures_shown_are_those_of_the_cards(language):
    from docs.figures import READMES, SHOWN, with_table

    text = READMES[language].read_text("utf-8")
    assert with_table(text, language) == text, "run `make figures`"
    first = "\n".join(text.splitlines()[:FIRST_SCREEN])
    assert len(re.findall(r"\*\*\d[.,]\d{3}\*\*", first)) == sum(map(len, SHOWN.values()))


def test_the_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.M))
    for name in READMES:
        assert set(re.findall(r"`make ([a-z]+)", _text(name))) | {"run", "test"} <= targets
