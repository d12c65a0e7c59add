"""The one thing that is read out of EXIF: which way is up."""

from __future__ import annotations

import struct

import numpy as np

_ORIENTATION = 0x0112


def orientation(block: bytes) -> int:
    """The orientation 1 to 8 in a TIFF-structured EXIF `block`; 1 where there is none or it is broken."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", block, 4)
    if start + 2 > len(block):
        return 1
    (count,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", block, at)
        if tag == _ORIENTATION:
            return value if kind == 3 and 1 <= value <= 8 else 1
    return 1


def upright(pixels: np.ndarray, turned: int) -> np.ndarray:
    """`pixels` (H, W) or (H, W, 3) as EXIF orientation `turned` (1 to 8) means them to be seen.

    EXIF 2.3, tag 0x0112; from 5 on, height and width change places.
    """
    if turned in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if turned in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if turned in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
