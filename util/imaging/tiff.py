"""TIFF headers: the first directory is checked against the file and rewritten with coding tags alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from util.imaging.announced import Announced
from util.imaging.limits import Guard
from util.imaging.refusals import breaks_off, damaged, unsupported

_WIDTH, _HEIGHT, _BITS, _CODING, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _ORIENTATION, _SAMPLES, _STRIP_ROWS, _COUNTS, _PLANAR = 273, 274, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 322, 323, 324, 325
_KIND = 339
_REDUCED, _CHILDREN, _CAMERA_RAW = 254, 330, 50706
_SCALARS = {
    _WIDTH, _HEIGHT, _CODING, _PHOTOMETRIC, _SAMPLES, _STRIP_ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT,
    266, 292, 293, 317,
}  # fmt: skip
# Fill order, fax options, predictor, palette, extra samples, sample format, JPEG tables, YCbCr coding.
_LISTS = {_BITS, _OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS, 320, 338, 339, 347, 529, 530, 531, 532}
_RAW = 1
# Raw, CCITT fax, LZW, JPEG, Deflate (two numbers), PackBits.
_CODINGS = {_RAW, 2, 3, 4, 5, 7, 8, 32946, 32773}
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_WHOLE = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8"}
_MOST_PAGES = 10_000


@dataclass(frozen=True)
class _Layout:
    """Byte order and field widths: classic TIFF (4-byte offsets) or BigTIFF (8-byte offsets)."""

    order: str
    big: bool

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def offset(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))


@dataclass(frozen=True)
class _Field:
    kind: int
    count: int
    raw: bytes
    at: int


def inspect(data: bytes, guard: Guard) -> Announced:
    """What a TIFF or BigTIFF file announces (TIFF 6.0, 1992); raises a `RefusedImage`.

    `clean` has a new first directory at its end, which names strips or tiles and their coding only.
    """
    layout = _Layout("<" if data[:1] == b"I" else ">", data[2:4] in (b"+\0", b"\0+"))
    start = 8 if layout.big else 4
    (first,) = _unpack(layout.offset, data, start)
    fields, following = _directory(data, first, layout)
    if _CAMERA_RAW in fields or data[8:10] == b"CR":
        raise unsupported("TIFF", "reason_camera_raw")
    one = {tag: _numbers(data, fields[tag], layout) for tag in _SCALARS & fields.keys()}
    if any(len(values) != 1 for values in one.values()) or not {_WIDTH, _HEIGHT} <= one.keys():
        raise damaged("TIFF")
    value = {tag: int(values[0]) for tag, values in one.items()}
    width, height = value[_WIDTH], value[_HEIGHT]
    reduced = _REDUCED in fields and int(_numbers(data, fields[_REDUCED], layout)[:1].sum()) & 1
    if reduced and _CHILDREN in fields:
        # A small preview whose real picture hangs below it: camera files are built like this.
        raise unsupported("TIFF", "reason_camera_raw")
    guard.admit("TIFF", width, height)
    if value.get(_CODING, _RAW) not in _CODINGS:
        raise unsupported("TIFF", "reason_coding")
    bits = _numbers(data, fields[_BITS], layout) if _BITS in fields else np.ones(1, int)
    samples = value.get(_SAMPLES, 1)
    if not 1 <= samples <= 8 or not 1 <= len(bits) <= 8 or bits.max() > 64 or bits.min() < 1:
        raise unsupported("TIFF", "reason_bits")
    per_pixel = int(bits.sum()) if len(bits) == samples else int(bits[0]) * samples
    if value.get(_PLANAR, 1) == 2 and bits.max() != 8:
        # Pillow reads deep planes as if they had 8 bits, and says nothing.
        raise unsupported("TIFF", "reason_bits")
    _check_parts(data, fields, value, layout, guard, per_pixel, samples)
    turned = _numbers(data, fields[_ORIENTATION], layout)[:1] if _ORIENTATION in fields else np.ones(1, int)
    turned = int(turned[0]) if len(turned) and 1 <= turned[0] <= 8 else 1
    clean = _rewritten(data, fields, layout, start)
    pages = _pages(data, first, following, layout)
    return Announced("TIFF", width, height, int(bits.max()), clean, pages, turned)


def meaning(data: bytes) -> tuple[bool, bool]:
    """Whether 0 is white and whether samples are signed or real, for `data` that has been inspected."""
    layout = _Layout("<" if data[:1] == b"I" else ">", data[2:4] in (b"+\0", b"\0+"))
    (first,) = _unpack(layout.offset, data, 8 if layout.big else 4)
    fields, _ = _directory(data, first, layout)
    told = {
        tag: int(_numbers(data, fields[tag], layout)[0]) for tag in (_PHOTOMETRIC, _KIND) if tag in fields
    }
    return told.get(_PHOTOMETRIC, 0) == 0, told.get(_KIND, 1) != 1


def _unpack(form: struct.Struct, data: bytes, at: int) -> tuple:
    if at + form.size > len(data):
        raise breaks_off("TIFF")
    return form.unpack_from(data, at)


def _directory(data: bytes, at: int, layout: _Layout) -> tuple[dict[int, _Field], int]:
    """The fields of the directory at `at`, the first of each tag, and the next directory's position."""
    (count,) = _unpack(layout.count, data, at)
    at += layout.count.size
    end = at + count * layout.entry.size
    if end + layout.offset.size > len(data):
        raise breaks_off("TIFF")
    fields: dict[int, _Field] = {}
    # 4096 fields are far more than TIFF has; a hostile BigTIFF can announce millions.
    for place in range(at, min(end, at + 4096 * layout.entry.size), layout.entry.size):
        tag, kind, number, raw = layout.entry.unpack_from(data, place)
        size = number * _TYPE_BYTES.get(kind, 0)
        inside = size <= len(raw)
        start = place + layout.entry.size - len(raw) if inside else layout.offset.unpack(raw)[0]
        fields.setdefault(tag, _Field(kind, number, raw, start))
    return fields, layout.offset.unpack_from(data, end)[0]


def _numbers(data: bytes, field: _Field, layout: _Layout) -> np.ndarray:
    """The whole numbers of `field` as int64."""
    form = _WHOLE.get(field.kind)
    if form is None or field.count < 1:
        raise damaged("TIFF")
    kind = np.dtype(layout.order + form)
    if field.at + field.count * kind.itemsize > len(data):
        raise breaks_off("TIFF")
    return np.frombuffer(data, kind, field.count, field.at).astype(np.int64)


def _check_parts(
    data: bytes,
    fields: dict[int, _Field],
    value: dict[int, int],
    layout: _Layout,
    guard: Guard,
    per_pixel: int,
    samples: int,
) -> None:
    """Every strip or tile must be named and lie inside the file: a decoder would leave gaps black."""
    width, height = value[_WIDTH], value[_HEIGHT]
    planes = samples if value.get(_PLANAR, 1) == 2 else 1
    if _OFFSETS in fields:
        across, part_width, part_height = 1, width, min(value.get(_STRIP_ROWS, height), height)
        at, counts = fields[_OFFSETS], fields.get(_COUNTS)
    elif _TILE_OFFSETS in fields and {_TILE_WIDTH, _TILE_HEIGHT} <= value.keys():
        part_width, part_height = value[_TILE_WIDTH], value[_TILE_HEIGHT]
        if part_width < 1 or part_width * part_height > guard.limits.maximum_pixels:
            raise damaged("TIFF")
        across = -(-width // part_width)
        at, counts = fields[_TILE_OFFSETS], fields.get(_TILE_COUNTS)
    else:
        raise damaged("TIFF")
    if part_height < 1:
        raise damaged("TIFF")
    offsets = _numbers(data, at, layout)
    if len(offsets) < across * -(-height // part_height) * planes:
        raise damaged("TIFF")
    if value.get(_CODING, _RAW) == _RAW:
        row_bytes = -(-part_width * per_pixel // planes // 8)
        rows = np.full(len(offsets), part_height)
        if _OFFSETS in fields and height % part_height:
            rows[len(offsets) // planes - 1 :: len(offsets) // planes] = height % part_height
        lengths = rows * row_bytes
    elif counts is None:
        raise damaged("TIFF")
    else:
        lengths = _numbers(data, counts, layout)
    if len(lengths) != len(offsets) or offsets.min() < 0 or lengths.min() < 1:
        raise damaged("TIFF")
    if int((offsets + np.minimum(lengths, 1 << 40)).max()) > len(data) or offsets.max() > len(data):
        raise breaks_off("TIFF")


def _rewritten(data: bytes, fields: dict[int, _Field], layout: _Layout, start: int) -> bytes:
    """The file with a new directory of coding tags appended, to which the header points."""
    kept = sorted(tag for tag in fields if tag in _SCALARS or tag in _LISTS)
    body = layout.count.pack(len(kept))
    for tag in kept:
        field = fields[tag]
        size = field.count * _TYPE_BYTES.get(field.kind, 0)
        if size == 0:
            raise damaged("TIFF")
        if size > len(field.raw) and field.at + size > len(data):
            raise breaks_off("TIFF")
        body += layout.entry.pack(tag, field.kind, field.count, field.raw)
    body += layout.offset.pack(0)
    pad = bytes(-len(data) % 8)
    pointer = layout.offset.pack(len(data) + len(pad))
    return b"".join([data[:start], pointer, data[start + len(pointer) :], pad, body])


def _pages(data: bytes, first: int, following: int, layout: _Layout) -> int:
    """How many directories hang one after the other."""
    seen = {first}
    while following and following not in seen and len(seen) < _MOST_PAGES:
        seen.add(following)
        (count,) = _unpack(layout.count, data, following)
        end = following + layout.count.size + count * layout.entry.size
        (following,) = _unpack(layout.offset, data, end)
    return len(seen)
