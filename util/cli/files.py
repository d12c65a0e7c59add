"""The files that a command reads and writes: said to be wrong before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from util.language import PenumbraError, say
from util.modelstore.plain import is_file


class UsageError(PenumbraError):
    """A command, a path or a value that cannot be used."""


def bytes_of(image: Path) -> bytes:
    """The bytes of the image file `image`; UsageError where there is none or it cannot be read."""
    from util.batch import read_image

    if not is_file(image):
        raise UsageError("cli.no_file", received=str(image))
    try:
        return read_image(image)
    except OSError as cause:
        raise UsageError("cli.unreadable", received=str(image)) from cause


def check_outputs(outputs: Sequence[Path], *inputs: Path) -> None:
    """UsageError for an output that could not be written, or that would overwrite an input or another output."""
    taken = [os.path.realpath(path) for path in inputs]
    for path in outputs:
        if os.path.realpath(path) in taken:
            raise UsageError("cli.same_file", received=str(path))
        taken.append(os.path.realpath(path))
        folder = path.parent
        good = os.path.isdir(folder) and os.access(folder, os.W_OK) and not os.path.isdir(path)
        if not good or not _can_be_named(path):
            raise UsageError("cli.unwritable", received=str(path))


def check_not_read(out: Path, folder: Path) -> None:
    """UsageError for a table that would replace one of the files it is about; an older table it may replace."""
    from util.batch import is_table

    inside = Path(os.path.realpath(folder)) in Path(os.path.realpath(out)).parents
    try:
        if inside and is_file(out) and not is_table(out):
            raise UsageError("cli.same_file", received=str(out))
    except OSError as cause:
        raise UsageError("cli.unreadable", received=str(out)) from cause


def write(path: Path, data: bytes, language: str) -> None:
    """Write `data` to `path` and say so on standard output; UsageError where that cannot be done."""
    try:
        path.write_bytes(data)
    except OSError as cause:
        raise UsageError("cli.unwritable", received=str(path)) from cause
    print(say("cli.written", language, file=str(path)))


def _can_be_named(path: Path) -> bool:
    """Whether the system takes `path` for one of a file, there or not: no name too long, no link to itself."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
