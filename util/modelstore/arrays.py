"""The arrays beside a card: `card.npz`, read without pickles and checked against its SHA-256."""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from util.language import Sentence
from util.modelstore.card import Arrays
from util.modelstore.errors import CardError
from util.modelstore.plain import cut, is_file, shown

_LARGEST = 256 * 2**20  # bytes of all arrays unpacked; a card's own fill some hundred kilobytes
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def sha256_of(data: bytes | Path) -> str:
    """The SHA-256 of bytes, or of a file's content, as 64 hexadecimal digits."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_arrays(value: object, field: str, folder: Path) -> Arrays:
    """The read-only arrays that a card's `{file: card.npz, sha256: ...}` names; CardError where they do not fit."""
    if not isinstance(value, Mapping) or set(value) != {"file", "sha256"}:
        raise _error(folder, field, Sentence.of("modelstore.expected_arrays"), shown(value))
    path = folder / Path(str(value["file"])).name
    if not is_file(path):
        raise CardError("modelstore.file_missing", card=folder.name, file=cut(path.name))
    data = path.read_bytes()
    if (found := sha256_of(data)) != value["sha256"]:
        raise CardError(
            "modelstore.file_changed", file=path.name, expected=str(value["sha256"])[:12], received=found[:12]
        )
    try:
        _check_announced(data)
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as cause:  # zipfile, zlib and NumPy raise each their own for a broken stream
        raise _error(folder, field, Sentence.of("modelstore.expected_npz"), path.name) from cause
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
            raise _error(
                folder, f"{field}.{name}", Sentence.of("modelstore.expected_float"), str(array.dtype)
            )
        array.setflags(write=False)
    return Arrays(arrays, path.name, found)


def _check_announced(data: bytes) -> None:
    """Raise ValueError for arrays that say they are larger than what the archive holds, or than any card needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
            raise ValueError
        for entry in archive.infolist():
            with archive.open(entry) as stream:
                shape, _, kind = _HEADERS[np.lib.format.read_magic(stream)](stream)
            if kind.hasobject or math.prod(shape) * kind.itemsize > entry.file_size:
                raise ValueError


def write_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> str:
    """Write `arrays` to `path` (.npz, compressed; the same bytes for the same arrays) and return its SHA-256."""
    np.savez_compressed(path, **{name: np.asarray(array) for name, array in arrays.items()})
    return sha256_of(path)


def _error(folder: Path, field: str, expected: Sentence, received: str) -> CardError:
    return CardError(
        "modelstore.card_field", card=folder.name, field=field, expected=expected, received=received
    )
