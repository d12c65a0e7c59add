"""JPEG headers: segments are walked to the end-of-image mark, and only coding tables and scans are kept."""

from __future__ import annotations

import re

from util.imaging.announced import Announced
from util.imaging.exif import orientation
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged, unsupported

_SOI, _EOI, _SOS, _DAC, _DHT, _DQT, _DRI, _APP0, _APP1, _APP14 = (
    0xD8, 0xD9, 0xDA, 0xCC, 0xC4, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE,
)  # fmt: skip
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, _DAC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
# In coded data FF00 is a byte and FFD0 to FFD7 are restarts; any other mark ends the scan.
_NEXT_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# A hostile progressive file can ask for thousands of passes over the picture; real ones need about ten.
_MOST_SCANS = 100
# Where a scan ends early, libjpeg fills the rest with grey at an end mark and says nothing; without a mark
# it asks for more, and Pillow raises. The decoder's bit buffer reads up to 8 bytes ahead.
_SEQUENTIAL, _SPARE = (0xC0, 0xC1), bytes(16)
_MOST_SEGMENTS = 100_000


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a JPEG file announces (ITU-T T.81); raises a `RefusedImage`.

    Anything after the first end-of-image mark (a second picture of a phone, for one) is left out.
    """
    kept = [data[:2]]
    at, scans, turned, kind = 2, 0, 1, 0
    frame: tuple[int, int, int] | None = None
    for _ in range(_MOST_SEGMENTS):
        mark, at = _mark(data, at)
        if mark == _EOI:
            break
        if mark == _SOI or mark == 0x01 or 0xD0 <= mark <= 0xD7:
            continue
        if at + 2 > len(data):
            raise breaks_off("JPEG")
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + length
        if length < 2:
            raise damaged("JPEG")
        if end > len(data):
            raise breaks_off("JPEG")
        if mark in _FRAMES:
            if frame is not None:
                raise unsupported("JPEG", "reason_coding")
            kind, frame = mark, _frame(mark, data[at + 2 : end], guard)
        elif mark == _SOS:
            if frame is None:
                raise damaged("JPEG")
            scans += 1
            if scans > _MOST_SCANS:
                raise unsupported("JPEG", "reason_coding")
            found = _NEXT_MARK.search(data, end)
            if found is None:
                raise breaks_off("JPEG")
            end = found.start()
        elif mark == _APP1 and data[at + 2 : at + 8] == b"Exif\0\0":
            turned = orientation(data[at + 2 : end])
        if _needed(mark, length, data[at + 2 : at + 8]):
            kept.append(b"\xff" + bytes([mark]) + data[at:end])
        at = end
    else:
        raise damaged("JPEG")
    if frame is None or scans == 0:
        raise damaged("JPEG")
    width, height, bits = frame
    kept.append(_SPARE if scans == 1 and kind in _SEQUENTIAL else b"\xff\xd9")
    return Announced("JPEG", width, height, bits, b"".join(kept), 1, turned)


def says_its_colours(clean: bytes) -> bool:
    """Whether an inspected file says if its three channels are YCbCr or RGB: JFIF, Adobe or the names R, G, B."""
    at = 2
    while True:
        mark, at = _mark(clean, at)
        if mark in (_APP0, _APP14):
            return True
        if mark in _FRAMES:
            return clean[at + 8 : at + 17 : 3] == b"RGB"
        at += int.from_bytes(clean[at : at + 2], "big")


def _mark(data: bytes, at: int) -> tuple[int, int]:
    """The next mark and the position after it."""
    if at < len(data) and data[at] != 0xFF:
        raise damaged("JPEG")
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise breaks_off("JPEG")
    return data[at], at + 1


def _frame(mark: int, header: bytes, guard: Guard) -> tuple[int, int, int]:
    if len(header) < 6:
        raise damaged("JPEG")
    bits, components = header[0], header[5]
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    if len(header) < 6 + 3 * components:
        raise damaged("JPEG")
    guard.admit("JPEG", width, height)
    if bits != 8:
        raise unsupported("JPEG", "reason_bits")
    if mark not in _READABLE_FRAMES or components not in (1, 3, 4):
        raise unsupported("JPEG", "reason_coding")
    return width, height, bits


def _needed(mark: int, length: int, start: bytes) -> bool:
    """Whether the decoder needs a segment; shorter JFIF and Adobe marks than these it would not heed."""
    if mark == _APP0:
        return start[:5] == b"JFIF\0" and length >= 16
    if mark == _APP14:
        return start[:5] == b"Adobe" and length >= 14
    return mark in _FRAMES or mark in (_DHT, _DQT, _DRI, _DAC, _SOS)
