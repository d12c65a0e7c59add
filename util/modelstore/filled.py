"""Plain mappings into frozen records, by the types of their fields; what a record does not know is left aside."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import math
import types
import typing
from collections.abc import Mapping

from util.language import Sentence
from util.modelstore.card import Figure
from util.modelstore.errors import RecordError
from util.modelstore.plain import cut, is_finite, shown

_REST = "figures"


class _Wrong(Exception):
    """What stands at a field is not what was `expected` there; "" for nothing stands there."""

    def __init__(self, path: str, expected: str, received: object) -> None:
        super().__init__(path)
        self.path, self.expected, self.received = path, expected, received


def filled(kind: type, mapping: object, card: str, file: str):
    """The record `kind` that `mapping` describes; RecordError (field, expected, received) where it does not.

    A `Figure` is written as a number, `[value]` or `[value, low, high]`; one that is no finite number is left out. A
    field called `figures` gathers every other key that holds a figure, unless the mapping has it itself.
    """
    try:
        return _record(kind, mapping, "")
    except _Wrong as wrong:
        where = {"card": card, "file": file, "field": cut(wrong.path) or file}
        if not wrong.expected:
            raise RecordError("modelstore.record_missing", **where) from None
        raise RecordError(
            "modelstore.record_field",
            **where,
            expected=Sentence.of(f"modelstore.{wrong.expected}"),
            received=shown(wrong.received),
        ) from None


@functools.cache
def _hints(kind: type) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _record(kind: type, value: object, path: str):
    if not isinstance(value, Mapping):
        raise _Wrong(path, "expected_mapping", value)
    found: dict[str, object] = {}
    known = {entry.name: entry for entry in dataclasses.fields(kind)}
    for name, entry in known.items():
        if name in value and value[name] is not None:
            found[name] = _value(_hints(kind)[name], value[name], f"{path}.{name}" if path else name)
        elif entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING:
            raise _Wrong(f"{path}.{name}" if path else name, "", None)
    if _REST in known and _REST not in value:
        rest = {str(name): item for name, item in value.items() if name not in known and _is_figure(item)}
        found[_REST] = _figures(rest, path)
    return kind(**found)


def _value(hint: object, value: object, path: str):
    if isinstance(hint, types.UnionType):  # X | None
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
        if isinstance(value, float) and not math.isfinite(value):
            return None
    if hint is Figure:
        return _figure(value, path)
    if dataclasses.is_dataclass(hint):
        return _record(hint, value, path)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise _Wrong(path, "expected_list", value)
        return tuple(_value(inner[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if origin is not None:  # Mapping[str, ...]
        if not isinstance(value, Mapping):
            raise _Wrong(path, "expected_mapping", value)
        if inner[1] is Figure:
            return _figures(value, path)
        if inner[1] is object:
            return dict(value)
        return {str(name): _value(inner[1], item, f"{path}.{name}") for name, item in value.items()}
    return _scalar(hint, value, path)


def _scalar(hint: object, value: object, path: str):
    if hint is float and is_finite(value):
        return float(value)
    if hint is int and is_finite(value) and value == int(value):
        return int(value)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is str and isinstance(value, (str, int, float, datetime.date)):
        # YAML reads a label "0" without quotation marks, and a date, as something else than text.
        return str(value)
    raise _Wrong(path, f"expected_{hint.__name__}", value)


def _is_figure(value: object) -> bool:
    numbers = value if isinstance(value, (list, tuple)) else [value]
    return len(numbers) in (1, 3) and all(
        part is None or (isinstance(part, (int, float)) and not isinstance(part, bool)) for part in numbers
    )


def _figures(value: Mapping, path: str) -> dict[str, Figure]:
    found = {str(name): _figure(item, f"{path}.{name}") for name, item in value.items() if item is not None}
    return {name: figure for name, figure in found.items() if figure is not None}


def _figure(value: object, path: str) -> Figure | None:
    """The figure; None for one whose value is no number, and no interval where an edge is none."""
    if not _is_figure(value):
        raise _Wrong(path, "expected_figure", value)
    numbers = [float(n) if is_finite(n) else None for n in _listed(value)]
    if numbers[0] is None:
        return None
    edges = numbers[1:] if len(numbers) == 3 and None not in numbers[1:] else (None, None)
    return Figure(numbers[0], *edges)


def _listed(value: object) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]
