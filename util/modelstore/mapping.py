"""Cards as plain mappings: what stands in `card.yaml`, read strictly and written back without loss."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import functools
import types
import typing
from collections.abc import Mapping
from pathlib import Path

from util.language import Sentence
from util.modelstore.arrays import read_arrays
from util.modelstore.card import Arrays, Card, Text
from util.modelstore.checks import check
from util.modelstore.errors import CardError
from util.modelstore.plain import cut, is_finite, shown


def from_mapping(mapping: object, folder: Path) -> Card:
    """The card that `mapping` describes, for a model in `folder`; keys are the dataclasses' field names.

    Raises CardError (field, expected, received) for a field that is missing, unknown, of a wrong type, or
    that contradicts another; arrays are read from `folder` and checked against their SHA-256.
    """
    if not isinstance(mapping, Mapping):
        raise _error(folder.name, "card", "expected_mapping", mapping)
    try:
        card = _record(Card, mapping, "", folder)
    except RecursionError as cause:  # a mapping made by hand may hold itself
        raise CardError("modelstore.card_yaml", card=folder.name) from cause
    check(card)
    return card


def as_mapping(card: Card) -> dict[str, object]:
    """The plain mapping of `card`: `from_mapping(as_mapping(card), card.folder) == card`, arrays by name only."""
    return {name: value for name, value in _plain(card).items() if name != "folder"}


def _plain(value: object) -> object:
    if isinstance(value, Arrays):
        return {"file": value.file, "sha256": value.sha256}
    if dataclasses.is_dataclass(value):
        # A field that holds its default says nothing: it is left out, and comes back on reading.
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # NumPy scalars are not YAML
        return value.item()
    return value


def _is_default(field: dataclasses.Field, value: object) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return value == field.default_factory()
    return field.default is not dataclasses.MISSING and value is None and field.default is None


@functools.cache
def _hints(kind: type) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _record(kind: type, value: object, path: str, folder: Path) -> object:
    if not isinstance(value, Mapping):
        raise _error(folder.name, path, "expected_mapping", value)
    known = {field.name: field for field in dataclasses.fields(kind) if field.name != "folder"}
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(str(name)[:60], known, 1)
            expected = Sentence.of("modelstore.expected_known", names=", ".join(near or list(known)))
            raise _error(folder.name, _join(path, name), expected, name)
    filled: dict[str, object] = {"folder": folder} if kind is Card else {}
    for name, field in known.items():
        if name in value:
            filled[name] = _value(_hints(kind)[name], value[name], _join(path, name), folder)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise CardError("modelstore.card_missing", card=folder.name, field=_join(path, name))
    return kind(**filled)


def _value(hint: object, value: object, path: str, folder: Path) -> object:
    if isinstance(hint, types.UnionType):  # X | None
        if value is None:
            return None
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint is Arrays:
        return read_arrays(value, path, folder)
    if dataclasses.is_dataclass(hint):
        return _record(hint, value, path, folder)
    if hint == Text:
        return _text(value, path, folder)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise _error(folder.name, path, "expected_list", value)
        return tuple(_value(inner[0], item, f"{path}[{i}]", folder) for i, item in enumerate(value))
    if origin is not None:  # Mapping[str, ...]
        if not isinstance(value, Mapping):
            raise _error(folder.name, path, "expected_mapping", value)
        if inner[1] is object:
            return _plain(value)
        return {str(name): _value(inner[1], item, _join(path, name), folder) for name, item in value.items()}
    return _scalar(hint, value, path, folder)


def _scalar(hint: object, value: object, path: str, folder: Path) -> object:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and is_finite(value):
        return value
    if hint is float:
        if is_finite(value):
            return float(value)
    elif hint is str:
        if isinstance(value, datetime.date):  # YAML reads an unquoted day as a date
            return value.isoformat()
        if isinstance(value, str) and value:
            return value
    raise _error(folder.name, path, f"expected_{hint.__name__}", value)


def _text(value: object, path: str, folder: Path) -> Mapping[str, str]:
    whole = isinstance(value, Mapping) and set(value) == {"en", "fr"}
    if not whole or not all(isinstance(text, str) and text.strip() for text in value.values()):
        raise _error(folder.name, path, "expected_text", value)
    return {code: value[code] for code in ("en", "fr")}


def _join(path: str, name: object) -> str:
    name = cut(str(name))
    return f"{path}.{name}" if path else name


def _error(card: str, field: str, expected: str | Sentence, received: object) -> CardError:
    if isinstance(expected, str):
        expected = Sentence.of(f"modelstore.{expected}")
    received = shown(received)
    return CardError("modelstore.card_field", card=card, field=field, expected=expected, received=received)
