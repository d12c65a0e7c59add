"""The commands and their options, in the language that was asked for."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from util.cli.files import UsageError
from util.language import LANGUAGES, say
from util.modelstore.plain import cut

MODALITIES = ("chest", "skin", "breast", "own")
# What argparse says of a wrong command (Python 3.11 to 3.13), and the sentence that says it in both languages.
_FOUND = {
    "usage_missing": r"the following arguments are required: (?P<expected>.+)",
    "usage_choice": r"argument (?P<option>.+?): invalid choice: '?(?P<received>.*?)'? \(choose from (?P<expected>.+)\)",
    "usage_number": r"argument (?P<option>.+?): invalid (?:float|int) value: '(?P<received>.*)'",
    "usage_value": r"argument (?P<option>.+?): expected (?:one|at least one) argument",
    "usage_unknown": r"unrecognized arguments: (?P<received>.+)",
    "usage_ambiguous": r"ambiguous option: (?P<received>.+) could match (?P<expected>.+)",
}


def language_of(arguments: Sequence[str]) -> str:
    """The language asked for, found before parsing, so that a wrong command is answered in it too."""
    given = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    given.add_argument("--language", default="en")
    try:
        known, _ = given.parse_known_args([word for word in arguments if word not in ("-h", "--help")])
    except argparse.ArgumentError:
        return "en"
    return known.language if known.language in LANGUAGES else "en"


def parser(language: str, runs: Mapping[str, Callable]) -> argparse.ArgumentParser:
    """The parser of all commands; `options.run` is then the one of `runs` (by command) to call with them."""

    def words(name: str) -> str:
        return say(f"cli.{name}", language).replace("%", "%%")

    made = _Parser("python -m util.cli", description=words("about"), epilog=words("education_only"))
    commands = made.add_subparsers(required=True, metavar="command", title=words("commands"))

    def command(name: str) -> argparse.ArgumentParser:
        about = words(f"about_{name}")
        added = commands.add_parser(name, help=about, description=about, epilog=words("education_only"))
        added.set_defaults(run=runs[name])
        added.add_argument("--language", choices=LANGUAGES, default="en", help=words("help_language"))
        return added

    def answering(added: argparse.ArgumentParser) -> None:
        added.add_argument("--modality", required=True, choices=MODALITIES, help=words("help_modality"))
        added.add_argument("--model", metavar="NAME", help=words("help_model"))
        added.add_argument("--um-per-pixel", type=float, metavar="UM", help=words("help_um_per_pixel"))

    def one_image(added: argparse.ArgumentParser) -> None:
        added.add_argument("image", type=Path, metavar="IMAGE", help=words("help_image"))
        answering(added)
        added.add_argument("--age", type=float, metavar="YEARS", help=words("help_age"))
        added.add_argument("--sex", metavar="SEX", help=words("help_sex"))
        added.add_argument("--site", metavar="SITE", help=words("help_site"))

    one = command("diagnose")
    one_image(one)
    one.add_argument("--pdf", type=Path, metavar="FILE", help=words("help_pdf"))
    one.add_argument("--json", type=Path, metavar="FILE", help=words("help_json"))
    one.add_argument("--overlay", type=Path, metavar="FILE", help=words("help_overlay"))

    why = command("explain")
    one_image(why)
    why.add_argument("--methods", nargs="+", metavar="METHOD", help=words("help_methods"))
    why.add_argument("--target", metavar="CLASS", help=words("help_target"))
    why.add_argument("--preset", default="fast", metavar="fast|full", help=words("help_preset"))
    why.add_argument("--layer", metavar="LAYER", help=words("help_layer"))
    why.add_argument("--no-curves", action="store_true", help=words("help_no_curves"))
    why.add_argument("--pdf", type=Path, metavar="FILE", help=words("help_explain_pdf"))
    why.add_argument("--png", type=Path, metavar="FILE", help=words("help_explain_png"))
    why.add_argument("--npz", type=Path, metavar="FILE", help=words("help_explain_npz"))

    many = command("batch")
    many.add_argument("folder", type=Path, metavar="FOLDER", help=words("help_folder"))
    answering(many)
    many.add_argument("--out", type=Path, required=True, metavar="FILE", help=words("help_out"))
    many.add_argument("--metadata", type=Path, metavar="FILE", help=words("help_metadata"))

    command("models")
    return made


class _Parser(argparse.ArgumentParser):
    """argparse, except that a wrong command is one sentence like any other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what argparse found, in words of our own where they are known: its own are English."""
        for key, pattern in _FOUND.items():
            if found := re.fullmatch(pattern, message):
                raise UsageError(f"cli.{key}", program=self.prog, **_shortened(found.groupdict()))
        raise UsageError("cli.usage", message=message.rstrip("."), program=self.prog)


def _shortened(found: Mapping[str, str]) -> dict[str, str]:
    return {name: cut(value) for name, value in found.items()}
