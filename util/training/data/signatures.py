"""What one look at a file keeps: its content's hash, its size, a small copy and a perceptual hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from util.imaging import RefusedImage, decode

SIDE = 32  # of the small grey copy


@dataclass(frozen=True)
class Signatures:
    """One row an image: `sha256` (N,) text, `size` (N, 2) width and height, `copy` (N, 32, 32) uint8 grey.

    `refusals` names what cannot be read, with the sentence that the app would answer; its rows are "" and zero.
    """

    sha256: np.ndarray
    size: np.ndarray
    copy: np.ndarray
    refusals: dict[int, RefusedImage]


def signatures(paths: Sequence[Path], *, workers: int = 2, progress=lambda rows, total: rows) -> Signatures:
    """Read and decode every file of `paths` once, in `workers` threads, with the reader that the app uses.

    `progress(rows, total)` wraps the stream of rows, e.g. in a bar.
    """
    found = Signatures(
        np.full(len(paths), "", "U64"),
        np.zeros((len(paths), 2), int),
        np.zeros((len(paths), SIDE, SIDE), np.uint8),
        {},
    )
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for index, one in enumerate(progress(_in_order(pool, paths), len(paths))):
            if isinstance(one, RefusedImage):
                found.refusals[index] = one
            else:
                found.sha256[index], found.size[index], found.copy[index] = one
    return found


def _in_order(pool: ThreadPoolExecutor, paths: Sequence[Path]) -> Iterable:
    # In portions: `map` would hold every result that nobody has taken yet.
    for start in range(0, len(paths), 256):
        yield from pool.map(_look, paths[start : start + 256])


def _look(path: Path):
    try:
        data = path.read_bytes()
    except OSError:
        return RefusedImage("batch.unreadable")
    try:
        photograph = decode(data, minimum_side=1)
    except RefusedImage as refusal:
        return refusal
    pixels = photograph.pixels
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    small = cv2.resize(np.ascontiguousarray(grey), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return hashlib.sha256(data).hexdigest(), (pixels.shape[1], pixels.shape[0]), small
