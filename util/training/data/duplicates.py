"""The same picture twice: by content, and by sight where it was stored again, resized, brightened, turned or mirrored.

A near-duplicate is a pair whose perceptual hashes differ in at most `HAMMING` of 64 bits (Zauner 2010: signs of the
lowest cosine coefficients) and whose 32-pixel grey copies correlate at `CORRELATION` or more. Both were measured on the
three data sets of this project (31,038 images): at 0.99 no two images of different patients, lesions or slides pass
but two that are one file, while at 0.97 some 130 do. Of copies stored as JPEG of quality 30, halved, squashed, with
gamma 0.8 or 15 % more light, at least 98 in 100 films and skin images pass. Of copies cropped by 1 % a side 9 in 10 do,
of those cropped by more or turned by a degree few: what is not found is not proven absent.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

HAMMING = 7
CORRELATION = 0.99
_BITS, _BLOCK = 64, 8


def exact(sha256: np.ndarray) -> np.ndarray:
    """Pairs (P, 2) of indices of files with the same hash, each file with the first of its kind; "" is no file."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(name, i), i) for i, name in enumerate(sha256.tolist()) if name]
    return np.array([pair for pair in pairs if pair[0] != pair[1]], int).reshape(-1, 2)


def near(copy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (P, 2) of near-duplicates among small grey copies (N, S, S) uint8, and their correlation (P,).

    Turned by quarters and mirrored ones are found too. Blank copies resemble nothing.
    """
    keys = _hashes(copy)
    best: dict[tuple[int, int], float] = {}
    for turned in _symmetries(copy):
        one, two = _close(_hashes(turned), keys)
        for start in range(0, len(one), 4096):
            some = slice(start, start + 4096)
            alike = np.einsum("ij,ij->i", _standard(turned[one[some]]), _standard(copy[two[some]]))
            for i, j, value in zip(one[some].tolist(), two[some].tolist(), alike.tolist(), strict=True):
                if value >= CORRELATION:
                    best[i, j] = max(value, best.get((i, j), 0.0))
    pairs = sorted(best)
    return np.array(pairs, int).reshape(-1, 2), np.array([best[pair] for pair in pairs])


def merged(group: np.ndarray, pairs: Iterable) -> np.ndarray:
    """Groups (N,) in which every pair of `pairs` (P, 2) is in one: named like the first of its members by name."""
    names = sorted(set(group.tolist()))
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for i, j in pairs:
        one, two = sorted((root(str(group[i])), root(str(group[j]))))
        parent[two] = one
    return np.array([root(name) for name in group.tolist()])


def _symmetries(copy: np.ndarray):
    """The eight turned and mirrored versions of (N, S, S) copies, the copies themselves first."""
    for mirrored in (copy, copy[:, :, ::-1]):
        for quarters in range(4):
            yield np.ascontiguousarray(np.rot90(mirrored, quarters, axes=(1, 2)))


def _hashes(copy: np.ndarray) -> np.ndarray:
    """Perceptual hashes (N,) uint64: signs of the 64 lowest cosine coefficients but the mean."""
    vertical, horizontal = np.mgrid[:9, :9]
    lowest = np.argsort((vertical**2 + horizontal**2).ravel(), kind="stable")[1 : _BITS + 1]
    signs = np.zeros((len(copy), _BITS), bool)
    for index, picture in enumerate(copy):
        signs[index] = cv2.dct(picture.astype(np.float32))[:9, :9].ravel()[lowest] > 0
    return np.packbits(signs, axis=1).view(np.uint64).ravel()


def _standard(copy: np.ndarray) -> np.ndarray:
    """Copies as rows (N, S*S) of mean 0 and length 1, so that a product is a correlation; blank ones are all 0."""
    rows = copy.reshape(len(copy), -1).astype(np.float32)
    rows = rows - rows.mean(1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _close(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index pairs i < j with `ours[i]` and `theirs[j]` (both (N,) uint64) at most `HAMMING` bits apart.

    Cut into eight blocks, two hashes that differ in at most seven bits share one block (the pigeonhole principle;
    Norouzi, Punjani & Fleet 2012), so that only hashes that share one are compared.
    """
    found = set()
    for blocks in zip(_blocks(ours), _blocks(theirs), strict=True):
        order = np.argsort(blocks[1], kind="stable")
        edges = np.searchsorted(blocks[1][order], np.arange(257))
        for value in range(256):
            mine = np.flatnonzero(blocks[0] == value)
            others = order[edges[value] : edges[value + 1]]
            for start in range(0, len(mine), 1024):
                some = mine[start : start + 1024]
                apart = np.bitwise_count(ours[some][:, None] ^ theirs[others][None])
                i, j = np.nonzero((apart <= HAMMING) & (some[:, None] < others[None]))
                found.update(zip(some[i].tolist(), others[j].tolist(), strict=True))
    pairs = np.array(sorted(found), int).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _blocks(keys: np.ndarray) -> np.ndarray:
    return keys.view(np.uint8).reshape(-1, _BITS // _BLOCK).T
