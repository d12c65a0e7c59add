"""BMP headers: the size that they announce must be there in full."""

from __future__ import annotations

import struct

from util.imaging.announced import Announced
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged, unsupported

_RAW, _RLE8, _RLE4, _BITFIELDS = 0, 1, 2, 3


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a BMP file announces (OS/2 1 to Windows 5 headers); raises a `RefusedImage`."""
    if len(data) < 26:
        raise breaks_off("BMP")
    offset, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        coding = _RAW
    elif header in (40, 52, 56, 64, 108, 124):
        if len(data) < 14 + header:
            raise breaks_off("BMP")
        width, height, _, bits, coding = struct.unpack_from("<IiHHI", data, 18)
        # A negative height means that the top row comes first.
        height = abs(height)
    else:
        raise damaged("BMP")
    guard.admit("BMP", width, height)
    if coding not in (_RAW, _RLE8, _RLE4, _BITFIELDS):
        raise unsupported("BMP", "reason_coding")
    if bits not in (1, 4, 8, 16, 24, 32):
        raise unsupported("BMP", "reason_bits")
    if offset < 14 + header:
        raise damaged("BMP")
    stride = (width * bits + 31) // 32 * 4
    needed = offset + stride * height if coding in (_RAW, _BITFIELDS) else offset + 2
    # Run-length data says its own length; the header's file size is often wrong and proves nothing.
    if coding in (_RLE8, _RLE4):
        needed = offset + struct.unpack_from("<I", data, 34)[0]
    if needed > len(data):
        raise breaks_off("BMP")
    return Announced("BMP", width, height, min(bits, 8), data)
