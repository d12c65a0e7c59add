"""The elements of a DICOM file, read from an allow-list: all others are stepped over, never read out.

pydicom would read everything, quote odd values in warnings and log lines, and unpack a deflated file
without a limit; a name in any of these is a name in a log. Here a value outside `WANTED` stays bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from util.imaging.limits import Guard
from util.imaging.refusals import FileTooLarge, breaks_off, damaged

PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS = 0x7FE00010, 0x7FE00008, 0x7FE00009
MODALITY_TABLE, VOI_TABLE = 0x00283000, 0x00283010
_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_VALUES, _MEASURES, _WINDOW = 0x00289145, 0x00289110, 0x00289132
# Sequences that are stepped into; the path of a value inside is the tags of its sequences.
_SEQUENCES = {MODALITY_TABLE, VOI_TABLE, _SHARED, _PER_FRAME, _VALUES, _MEASURES, _WINDOW}
_TABLE = {0x00283002, 0x00283006}
WANTED = frozenset(
    {
        0x00020002, 0x00080016, 0x00020010,  # class of the object (twice), transfer syntax
        0x00080060, 0x00100040, 0x00101010, 0x00180015, 0x00185101,  # modality, sex, age, body part, view
        0x00181164, 0x00280030, 0x00182010,  # spacing
        0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011,  # samples to columns
        0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280120, 0x00280121,  # bits, padding
        0x00280301,  # burned-in annotation
        0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056,  # window and rescale
        0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202, 0x00281203,  # palette
        0x00281221, 0x00281222, 0x00281223,  # segmented palette
        *_TABLE,
    }
)  # fmt: skip
_LONGEST_VALUE = 1 << 18
# Real objects stay far below; each step costs time that a hostile file could ask for by the million.
_MOST_META, _MOST_ELEMENTS, _MOST_FRAGMENTS = 1_000, 500_000, 500_000
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ENDLESS = 0xFFFFFFFF
_LONG_KINDS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_KINDS = _LONG_KINDS | frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_DEFLATED, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"


@dataclass(frozen=True)
class Elements:
    """Allow-listed raw values by path, byte order, and where the pixels lie in `data`.

    `pixels` is (start, length) in `data`; length None where they come in fragments.
    """

    data: bytes
    little: bool
    syntax: str
    values: dict[tuple[int, ...], bytes]
    pixel_tag: int | None
    pixel_kind: bytes
    pixels: tuple[int, int | None]


@dataclass
class _Level:
    """One open sequence or item: where it ends (None: at its delimiter), its path, its value coding."""

    end: int | None
    path: tuple[int, ...]
    is_item: bool
    implicit: bool
    items: int = 0


def read_elements(data: bytes, guard: Guard) -> Elements:
    """The allow-listed elements of a DICOM file (PS3.5, PS3.10); raises TruncatedImage, FileTooLarge."""
    values: dict[tuple[int, ...], bytes] = {}
    start = 132 if data[128:132] == b"DICM" else 0
    for tag, value, after in _meta(data, start):
        values.setdefault((tag,), value)
        start = after
    syntax = _text(values.get((0x00020010,), b""))
    if syntax == _DEFLATED:
        data, start = _inflated(data, start, guard), 0
    # Without group 0002 the first element's group, 0008, tells the order.
    little = syntax != _BIG_ENDIAN and data[start : start + 2] != b"\0\x08"
    implicit = data[start + 4 : start + 6] not in _KINDS
    pixel_tag, pixel_kind, pixels = None, b"", (0, 0)
    for path, kind, begin, length in _walk(data, start, little, implicit):
        if path[-1] in (PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS):
            # An icon inside a sequence has pixels as well; only those of the object itself count.
            if len(path) == 1 and pixel_tag is None:
                pixel_tag, pixel_kind, pixels = path[0], kind, (begin, length)
        elif length is not None and length <= _LONGEST_VALUE and path[-1] in WANTED:
            values.setdefault(path, data[begin : begin + length])
    return Elements(data, little, syntax, values, pixel_tag, pixel_kind, pixels)


def fragments(data: bytes, at: int, little: bool = True) -> tuple[list[tuple[int, int]], int]:
    """(start, length) of each fragment of encapsulated pixels, offset table first, and what follows."""
    found: list[tuple[int, int]] = []
    while len(found) < _MOST_FRAGMENTS:
        if at + 8 > len(data):
            raise breaks_off("DICOM")
        tag, length = _tag(data, at, little), _whole(data, at + 4, little)
        at += 8
        if tag == _SEQUENCE_END:
            return found, at
        if tag != _ITEM or length == _ENDLESS:
            raise damaged("DICOM")
        if at + length > len(data):
            raise breaks_off("DICOM")
        found.append((at, length))
        at += length
    raise damaged("DICOM")


def _meta(data: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """The elements of group 0002, always explicit and little-endian: tag, value, position after."""
    for _ in range(_MOST_META):
        if data[at : at + 2] != b"\x02\0":
            return
        _, begin, length = _header(data, at, True, False)
        tag = _tag(data, at, True)
        if length == _ENDLESS:
            raise damaged("DICOM")
        if begin + length > len(data):
            raise breaks_off("DICOM")
        yield tag, data[begin : begin + length] if tag in WANTED else b"", begin + length
        at = begin + length
    raise damaged("DICOM")


def _walk(
    data: bytes, at: int, little: bool, implicit: bool
) -> Iterator[tuple[tuple[int, ...], bytes, int, int | None]]:
    """Every element outside skipped sequences: path, value representation, start and length of its value."""
    levels = [_Level(len(data), (), True, implicit)]
    for _ in range(_MOST_ELEMENTS):
        while levels[-1].end is not None and at >= levels[-1].end:
            if at > levels[-1].end:
                raise damaged("DICOM")
            if len(levels) == 1:
                return
            levels.pop()
        level = levels[-1]
        if len(levels) == 1 and not data[at : at + 4].strip(b"\0") and not any(data[at : at + 64]):
            # Zeros after the last element are padding.
            return
        if at + 8 > len(data):
            raise breaks_off("DICOM")
        tag = _tag(data, at, little)
        if tag in (_ITEM, _ITEM_END, _SEQUENCE_END):
            length = _whole(data, at + 4, little)
            at += 8
            _delimit(tag, length, at, levels, len(data))
            continue
        if not level.is_item:
            raise damaged("DICOM")
        kind, begin, length = _header(data, at, little, level.implicit)
        path = (*level.path, tag)
        if tag == PIXELS and length == _ENDLESS:
            yield path, kind, begin, None
            _, at = fragments(data, begin, little)
            continue
        stepped_into = kind in (b"SQ", b"UN") or level.implicit
        if length == _ENDLESS or (tag in _SEQUENCES and stepped_into):
            end = None if length == _ENDLESS else begin + length
            if end is not None and end > len(data):
                raise breaks_off("DICOM")
            # Inside a sequence of unknown kind, values are implicit (PS3.5, 6.2.2).
            levels.append(_Level(end, path, False, level.implicit or kind == b"UN", level.items))
            at = begin
            continue
        if begin + length > len(data):
            raise breaks_off("DICOM")
        # Only the first item of a sequence speaks for the first picture.
        if level.items == 0:
            yield path, kind, begin, length
        at = begin + length
    raise damaged("DICOM")


def _delimit(tag: int, length: int, at: int, levels: list[_Level], size: int) -> None:
    """Open an item, or close the item or sequence that ends here."""
    level = levels[-1]
    if tag == _ITEM:
        if level.is_item:
            raise damaged("DICOM")
        end = None if length == _ENDLESS else at + length
        if end is not None and end > size:
            raise breaks_off("DICOM")
        levels.append(_Level(end, level.path, True, level.implicit, level.items))
        level.items = 1
    elif len(levels) > 1 and level.end is None and level.is_item == (tag == _ITEM_END):
        levels.pop()
    else:
        raise damaged("DICOM")


def _header(data: bytes, at: int, little: bool, implicit: bool) -> tuple[bytes, int, int]:
    """Value representation (empty if implicit), start of the value, its length."""
    if at + 8 > len(data):
        raise breaks_off("DICOM")
    if implicit:
        return b"", at + 8, _whole(data, at + 4, little)
    kind = data[at + 4 : at + 6]
    if kind not in _LONG_KINDS:
        return kind, at + 8, int.from_bytes(data[at + 6 : at + 8], "little" if little else "big")
    if at + 12 > len(data):
        raise breaks_off("DICOM")
    return kind, at + 12, _whole(data, at + 8, little)


def _tag(data: bytes, at: int, little: bool) -> int:
    group, element = struct.unpack_from("<HH" if little else ">HH", data, at)
    return group << 16 | element


def _whole(data: bytes, at: int, little: bool) -> int:
    return int.from_bytes(data[at : at + 4], "little" if little else "big")


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "ignore").strip(" \0")


def _inflated(data: bytes, start: int, guard: Guard) -> bytes:
    """The deflated rest of a file, at most `Limits.maximum_unpacked` bytes of it."""
    most = guard.limits.maximum_unpacked
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = machine.decompress(data[start:], most + 1)
    except zlib.error:
        raise damaged("DICOM") from None
    if len(out) > most:
        raise FileTooLarge("imaging.unpacks_too_large", limit=most / 1e6)
    if not machine.eof:
        raise breaks_off("DICOM")
    return out
