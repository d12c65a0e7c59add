"""PNG headers: chunks are walked, check sums verified, everything but the picture left out."""

from __future__ import annotations

import struct
import zlib

from util.imaging.announced import Announced
from util.imaging.exif import orientation
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged, unsupported

_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MOST_CHUNKS = 500_000
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP = 1 << 20
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a PNG file announces (PNG, third edition, 2025); raises a `RefusedImage`.

    Compressed text and profile chunks (zTXt, iTXt, iCCP) are dropped without being unpacked.
    """
    view = memoryview(data)
    kept, at, frames, turned = [view[:8]], 8, 1, 1
    width = height = bits = 0
    seen: set[bytes] = set()
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            raise breaks_off("PNG")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if not seen:
            if name != b"IHDR" or length != 13:
                raise damaged("PNG")
            if len(data) < 33:
                raise breaks_off("PNG")
            width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
            guard.admit("PNG", width, height)
            if bits not in _DEPTHS.get(colour, ()):
                raise damaged("PNG")
        if end > len(data):
            raise breaks_off("PNG")
        if name in _PICTURE:
            if zlib.crc32(view[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
                raise damaged("PNG")
            kept.append(view[at:end])
        elif name == b"acTL" and length == 8:
            frames = max(1, struct.unpack_from(">I", data, at + 8)[0])
        elif name == b"eXIf":
            turned = orientation(bytes(view[at + 8 : end - 4]))
        elif not name[0] & 0x20:
            # A critical chunk that PNG does not know, such as Apple's CgBI.
            raise unsupported("PNG", "reason_coding")
        seen.add(name)
        at = end
        if name == b"IEND":
            break
    if not {b"IDAT", b"IEND"} <= seen or (colour == 3 and b"PLTE" not in seen):
        raise damaged("PNG")
    _check_rows(kept, row_bytes(width, height, bits * _CHANNELS[colour], data[28]))
    return Announced("PNG", width, height, bits, b"".join(kept), frames, turned)


def row_bytes(width: int, height: int, bits: int, interlaced: int) -> int:
    """Bytes of all filtered scan lines with `bits` a pixel, Adam7 passes included."""
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for left, top, across, down in _ADAM7:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _check_rows(chunks: list[memoryview], needed: int) -> None:
    """Raise TruncatedImage where the compressed rows are too few: Pillow would leave the rest black.

    At most a megabyte is unpacked at a time, and nothing beyond `needed` bytes.
    """
    machine = zlib.decompressobj()
    for chunk in chunks:
        if chunk[4:8] != b"IDAT":
            continue
        part = chunk[8:-4]
        while needed > 0:
            try:
                out = machine.decompress(part, _STEP)
            except zlib.error:
                raise damaged("PNG") from None
            needed -= len(out)
            part = machine.unconsumed_tail
            if machine.eof or (len(out) < _STEP and not part):
                break
    if needed > 0:
        raise breaks_off("PNG")
