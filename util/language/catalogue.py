"""The one catalogue: `words/<room>.yaml`, each entry `name: {en: ..., fr: ...}`, key `<room>.<name>`."""

from __future__ import annotations

import functools
from numbers import Real
from pathlib import Path
from types import MappingProxyType

import yaml

from util.language.numbers import Percent, number, percent

_FOLDER = Path(__file__).parent / "words"


@functools.cache
def entries() -> MappingProxyType[str, dict[str, str]]:
    """All catalogue entries: key `<room>.<name>` to `{"en": ..., "fr": ...}`."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(_FOLDER.glob("*.yaml")):
        for name, texts in (yaml.safe_load(file.read_text("utf-8")) or {}).items():
            found[f"{file.stem}.{name}"] = {code: text.strip() for code, text in texts.items()}
    return MappingProxyType(found)


def say(key: str, language: str, /, **values: object) -> str:
    """The sentence of `key` in `language` ("en" or "fr"), its `{fields}` filled from `values`.

    Floats are written with two significant digits, `Percent` as a percentage, both as the language
    does; nested `Sentence`s are said in the same language. Raises KeyError for an unknown key,
    a missing field or a language the catalogue lacks.
    """
    return entries()[key][language].format(
        **{name: _written(value, language) for name, value in values.items()}
    )


def _written(value: object, language: str) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, Percent):
        return percent(value.share, language)
    if isinstance(value, Real):  # NumPy's numbers too
        return number(value, language)
    if hasattr(value, "text"):
        return value.text(language)
    return str(value)
