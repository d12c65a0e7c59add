"""Files that a person may have touched: what cannot be read, or lacks a field, is one sentence that names the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from util.modelstore.plain import NotPlain, cut, is_file, read_plain
from util.training.data_root import DataError


class Fields(dict):
    """What a file says, by field; one that it lacks is a DataError that names both."""

    def __init__(self, said: Mapping, file: Path) -> None:
        super().__init__(said)
        self.file = file

    def __missing__(self, name: str) -> object:
        raise DataError("training.missing_option", option=cut(str(name)), file=str(self.file))


def read_yaml(file: Path) -> object:
    """What the YAML file holds, as plain data; DataError where it cannot be read."""
    try:
        return read_plain(file)
    except NotPlain as cause:
        raise _unreadable(file, "YAML") from cause


def read_json(file: Path) -> object:
    """What the JSON file holds, as plain data; DataError where it cannot be read."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise _unreadable(file, "JSON") from cause


def yaml_fields(file: Path) -> Fields:
    """The fields of a YAML file; DataError where it cannot be read or has none."""
    return _fields(read_yaml(file), file, "YAML")


def read_summary(run: Path) -> Fields:
    """The `summary.json` of a finished run; DataError where there is none, or one without the names of its classes."""
    file = run / "summary.json"
    if not is_file(file):
        raise DataError("training.no_run", received=str(run))
    said = _fields(read_json(file), file, "JSON")
    labels = said["labels"]
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise _unreadable(file, "JSON")
    return said


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV table; DataError for one that is no UTF-8, no table, or has rows longer or shorter than it."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except UnicodeDecodeError:
        raise DataError("training.not_utf8", received=str(file)) from None
    except (OSError, csv.Error) as cause:
        raise _unreadable(file, "CSV") from cause
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            columns = cut(", ".join(name for name in row if name is not None))
            raise DataError("training.ragged_row", file=str(file), row=number, columns=columns)
    return rows


def _fields(said: object, file: Path, kind: str) -> Fields:
    if not isinstance(said, Mapping):
        raise _unreadable(file, kind)
    return Fields(said, file)


def _unreadable(file: Path, kind: str) -> DataError:
    return DataError("training.not_readable", received=str(file), kind=kind)
