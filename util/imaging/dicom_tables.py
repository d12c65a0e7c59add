"""DICOM look-up tables: modality, VOI and palette, plain or in segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.imaging.dicom_header import Values

_ROWS_AT_ONCE = 1 << 20
_LARGEST = 1 << 16


@dataclass(frozen=True)
class Table:
    """`entries` for the inputs `first`, `first` + 1, ...; inputs outside take the ends; `bits` of an entry."""

    first: int
    entries: np.ndarray
    bits: int

    def of(self, values: np.ndarray) -> np.ndarray:
        """The entries of `values` (any shape) as float64."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        return self.entries[index.astype(np.int64)].astype(np.float64)


def looked_up(entries: np.ndarray, stored: np.ndarray, first: int) -> np.ndarray:
    """`entries[stored - first]`, cut to the ends, for `stored` (rows, columns), some rows at a time."""
    out = np.empty(stored.shape, entries.dtype)
    step = max(1, _ROWS_AT_ONCE // max(1, stored.shape[1]))
    for row in range(0, stored.shape[0], step):
        index = stored[row : row + step].astype(np.int64) - first
        out[row : row + step] = entries[np.clip(index, 0, len(entries) - 1)]
    return out


def read_table(
    values: Values, descriptor: tuple[int, ...], data: tuple[int, ...], signed: bool
) -> Table | None:
    """The table of a descriptor and its data (PS3.3, C.11.1.1); None where there is none that fits.

    `signed`: whether the inputs are, and with them the descriptor's first input.
    """
    described, raw = _descriptor(values, descriptor, signed), values.raw(*data)
    if described is None or raw is None:
        return None
    count, first, bits = described
    if len(raw) >= 2 * count:
        entries = np.frombuffer(raw[: 2 * count], f"{values.order}u2")
    elif len(raw) >= count:
        entries = np.frombuffer(raw[:count], np.uint8)
    else:
        return None
    return _table(first, entries, bits)


def read_segmented(
    values: Values, descriptor: tuple[int, ...], data: tuple[int, ...], signed: bool
) -> Table | None:
    """The table of a descriptor and segmented data (PS3.3, C.7.9.2), discrete and linear segments."""
    described, raw = _descriptor(values, descriptor, signed), values.raw(*data)
    if described is None or raw is None:
        return None
    count, first, bits = described
    words = (
        np.frombuffer(raw[: len(raw) // 2 * 2], f"{values.order}u2") if bits > 8 else np.frombuffer(raw, "u1")
    )
    entries: list[int] = []
    at = 0
    while at + 2 < len(words) and len(entries) < count:
        kind, length = int(words[at]), int(words[at + 1])
        if kind == 0:
            entries += words[at + 2 : at + 2 + length].tolist()
            at += 2 + length
        elif kind == 1 and entries:
            entries += (
                np.rint(np.linspace(entries[-1], int(words[at + 2]), length + 1)[1:]).astype(int).tolist()
            )
            at += 3
        else:
            return None
    if len(entries) < count:
        return None
    return _table(first, np.array(entries[:count], np.uint16), bits)


def _descriptor(values: Values, path: tuple[int, ...], signed: bool) -> tuple[int, int, int] | None:
    raw = values.raw(*path)
    if raw is None or len(raw) < 6:
        return None
    count, first, bits = (int(n) for n in np.frombuffer(raw[:6], f"{values.order}u2"))
    return count or _LARGEST, first - _LARGEST if signed and first >= _LARGEST // 2 else first, bits


def _table(first: int, entries: np.ndarray, bits: int) -> Table:
    # Descriptors often say 16 bits where the entries have 8 or 12: what is in use counts.
    used = max(8, int(entries.max()).bit_length())
    return Table(first, entries, min(bits, used) if bits >= used else used)
