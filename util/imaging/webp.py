"""WebP headers: the RIFF chunks are walked, and the first picture alone is kept."""

from __future__ import annotations

import struct

from util.imaging.announced import Announced
from util.imaging.exif import orientation
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged

_MOST_CHUNKS = 100_000
_METADATA_FLAGS = 0x20 | 0x08 | 0x04  # ICC profile, EXIF, XMP


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a WebP file announces (RFC 9649, 2024); raises a `RefusedImage`.

    Of an animation only the first frame is kept, so that no other can be decoded.
    """
    if len(data) < 20:
        raise breaks_off("WebP")
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise breaks_off("WebP")
    kept: list[bytes] = []
    at, frames, turned = 12, 0, 1
    size: tuple[int, int] | None = None
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            break
        name, length = struct.unpack_from("<4sI", data, at)
        body, after = at + 8, at + 8 + length + (length & 1)
        if body + length > end:
            raise damaged("WebP")
        if size is None:
            size = _size(name, data[body : body + min(length, 16)])
            guard.admit("WebP", *size)
        if name == b"VP8X":
            kept.append(data[at:body] + bytes([data[body] & ~_METADATA_FLAGS]) + data[body + 1 : after])
        elif name == b"ANMF":
            frames += 1
            if frames == 1:
                kept.append(data[at:after])
        elif name in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM"):
            frames += name in (b"VP8 ", b"VP8L")
            kept.append(data[at:after])
        elif name == b"EXIF":
            turned = orientation(data[body : body + length])
        at = after
    else:
        raise damaged("WebP")
    if size is None or frames == 0:
        raise damaged("WebP")
    chunks = b"".join(kept)
    # The last chunk may lack its padding byte.
    chunks += bytes(len(chunks) & 1)
    clean = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    return Announced("WebP", *size, 8, clean, frames, turned)


def _size(name: bytes, body: bytes) -> tuple[int, int]:
    """Width and height out of the first chunk, which must be one of three kinds."""
    if name == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if name == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise damaged("WebP")
