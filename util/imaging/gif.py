"""GIF headers: blocks are walked to the trailer, and the first picture alone is kept."""

from __future__ import annotations

import struct

from util.imaging.announced import Announced
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged

_TRAILER, _EXTENSION, _PICTURE, _GRAPHIC_CONTROL = 0x3B, 0x21, 0x2C, 0xF9


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a GIF file announces (GIF89a, 1990); raises a `RefusedImage`.

    Comments and application blocks are left out, and so is every frame but the first.
    """
    if len(data) < 13:
        raise breaks_off("GIF")
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    guard.admit("GIF", width, height)
    at = 13 + _colours(packed)
    kept = [data[:at]]
    frames = 0
    while True:
        if at >= len(data):
            raise breaks_off("GIF")
        kind = data[at]
        if kind == _TRAILER:
            break
        if kind == _EXTENSION:
            end = _after_blocks(data, at + 2)
            if frames == 0 and data[at + 1] == _GRAPHIC_CONTROL:
                kept.append(data[at:end])
        elif kind == _PICTURE:
            if at + 10 > len(data):
                raise breaks_off("GIF")
            x, y, w, h, packed = struct.unpack_from("<HHHHB", data, at + 1)
            # A frame outside the screen would make the decoder enlarge the picture.
            if x + w > width or y + h > height or w == 0 or h == 0:
                raise damaged("GIF")
            end = _after_blocks(data, at + 11 + _colours(packed))
            if frames == 0:
                kept.append(data[at:end])
            frames += 1
        else:
            raise damaged("GIF")
        at = end
    if frames == 0:
        raise damaged("GIF")
    return Announced("GIF", width, height, 8, b"".join([*kept, b";"]), frames)


def _colours(packed: int) -> int:
    """Bytes of the colour table that `packed` announces."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """The position after a chain of length-prefixed blocks, which a block of length 0 ends."""
    while True:
        if at >= len(data):
            raise breaks_off("GIF")
        length = data[at]
        at += 1 + length
        if length == 0:
            return at
