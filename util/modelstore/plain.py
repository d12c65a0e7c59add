"""What strangers' files say, as plain data of a size that can be trusted, and what an error message repeats of it."""

from __future__ import annotations

import math
import os
import reprlib
from dataclasses import dataclass
from pathlib import Path

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 100  # lists and mappings inside one another
_MOST = 200_000  # parts, those behind an alias counted wherever it stands
_LARGEST = 2**63  # what whole numbers count in files stays below
_SHOWN = 60  # characters of a received value that an error message repeats


class NotPlain(ValueError):
    """A file that cannot be read, is no YAML, holds itself, or is too deep or too large once written out."""


def read_plain(path: Path) -> object:
    """What the YAML file at `path` holds: mappings, lists, text, numbers, dates; NotPlain where it cannot be told.

    Nine lines of aliases can make a list of a billion entries, or one that holds itself: those are refused.
    """
    try:
        text = path.read_text("utf-8")
        _check_events(text)
        return yaml.load(text, _PlainLoader)
    except NotPlain:
        raise
    except Exception as cause:  # PyYAML hands on what int, bool and datetime raise for a text that is none
        raise NotPlain(path.name) from cause


def _check_events(text: str) -> None:
    """Raise NotPlain before anything is built: the C loader goes down with the process where the nesting is deep."""
    whole = _Part()
    open_parts, known = [whole], {}
    for event in yaml.parse(text, _LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            open_parts.append(_Part(event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = open_parts.pop()
            known[closed.anchor] = closed
            open_parts[-1].add(closed)
        elif isinstance(event, yaml.ScalarEvent):
            known[event.anchor] = _Part(event.anchor)
            open_parts[-1].add(known[event.anchor])
        elif isinstance(event, yaml.AliasEvent):
            # Of a part that is still open there is no size yet: it would hold itself.
            if event.anchor not in known or any(part.anchor == event.anchor for part in open_parts):
                raise NotPlain(event.anchor)
            open_parts[-1].add(known[event.anchor])
        if len(open_parts) + open_parts[-1].height > _DEEPEST or open_parts[-1].size > _MOST:
            raise NotPlain(type(event).__name__)


@dataclass
class _Part:
    """A part of a file: how many parts are in it, and how many levels, once aliases are written out."""

    anchor: str | None = None
    size: int = 1
    height: int = 0

    def add(self, inner: _Part) -> None:
        """Count `inner` as a part of this one."""
        self.size += inner.size
        self.height = max(self.height, inner.height + 1)


class _PlainLoader(_LOADER):
    """The safe loader, in which a whole number too large to count anything is a float, infinite where it must be."""

    def number(self, node: yaml.Node) -> int | float:
        """What stands for `node`: no arithmetic on it can overflow later."""
        if len(node.value) > 4 * _SHOWN:
            return -math.inf if node.value.startswith("-") else math.inf
        value = self.construct_yaml_int(node)
        return value if abs(value) < _LARGEST else float(value)


_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.number)


def is_finite(value: object) -> bool:
    """Whether `value` is a number, no truth value, that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < _LARGEST if isinstance(value, int) else math.isfinite(value)


def is_file(path: Path) -> bool:
    """Whether `path` is a file; a name too long, or a link to itself, is none (`Path.is_file` raises)."""
    return os.path.isfile(path)


class _Shown(reprlib.Repr):
    """A `repr` that looks at no more of a value than it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, _SHOWN, _SHOWN
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 12

    def repr_int(self, x: int, level: int) -> str:
        """The digits; of a number longer than Python writes, that it is one."""
        return repr(x) if abs(x) < 10**_SHOWN else "1e60..."


_REPR = _Shown()


def shown(value: object) -> str:
    """`repr(value)`, cut to 60 characters before it is made."""
    text = _REPR.repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def cut(text: str) -> str:
    """`text`, cut to 60 characters."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
