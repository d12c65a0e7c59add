"""The first frame of a DICOM object as an array of stored values, native or compressed."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from util.imaging import jpeg
from util.imaging.dicom_elements import DOUBLE_PIXELS, FLOAT_PIXELS, Elements, fragments
from util.imaging.dicom_header import Header
from util.imaging.limits import Guard
from util.imaging.pillow_formats import DAMAGE, load
from util.imaging.refusals import UnsupportedImage, breaks_off, damaged, unsupported

_NATIVE = frozenset(
    {"", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"}
)
_JPEG = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
_JPEG_2000 = frozenset({"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"})
_RLE = "1.2.840.10008.1.2.5"
# Codings that are known by name and have no decoder here (PS3.6, table A-1).
_KNOWN = {
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless",
    "1.2.840.10008.1.2.4.80": "JPEG-LS",
    "1.2.840.10008.1.2.4.81": "JPEG-LS",
    "1.2.840.10008.1.2.4.92": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.110": "JPEG XL",
    "1.2.840.10008.1.2.4.111": "JPEG XL",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000",
    "1.2.840.10008.1.2.4.202": "High-Throughput JPEG 2000",
    "1.2.840.10008.1.2.4.203": "High-Throughput JPEG 2000",
}
_FILM = "1.2.840.10008.1.2.4.10"


def first_frame(elements: Elements, header: Header, guard: Guard) -> tuple[np.ndarray, str]:
    """Stored values (rows, columns) or (rows, columns, 3), and the photometric interpretation they are in.

    Whole numbers are masked to the bits stored and sign-extended. Raises a `RefusedImage`.
    """
    if elements.syntax in _NATIVE:
        return _native(elements, header)
    if elements.pixels[1] is not None:
        raise damaged("DICOM")
    if elements.syntax == _RLE:
        return _masked(_rle(_first_coded(elements, header, b""), header), header), header.photometric
    if elements.syntax in _JPEG:
        return _jpeg(_first_coded(elements, header, b"\xff\xd9"), header, guard)
    if elements.syntax in _JPEG_2000:
        return _jpeg_2000(_first_coded(elements, header, b"\xff\xd9"), header)
    if elements.syntax.startswith(_FILM):
        raise unsupported("DICOM", "reason_film")
    if elements.syntax in _KNOWN:
        raise UnsupportedImage("imaging.unsupported_dicom_coding", coding=_KNOWN[elements.syntax])
    raise unsupported("DICOM", "reason_coding")


def _native(elements: Elements, header: Header) -> tuple[np.ndarray, str]:
    start, length = elements.pixels
    if length is None:
        raise damaged("DICOM")
    halved = header.photometric == "YBR_FULL_422"
    count = header.rows * header.columns * (2 if halved else header.samples)
    bits = count * header.allocated
    if -(-bits * header.frames // 8) > length:
        raise breaks_off("DICOM")
    raw = elements.data[start : start + -(-bits // 8)]
    order = "<" if elements.little else ">"
    if elements.pixel_tag in (FLOAT_PIXELS, DOUBLE_PIXELS):
        kind = np.dtype(order + ("f4" if elements.pixel_tag == FLOAT_PIXELS else "f8"))
        if header.allocated != kind.itemsize * 8 or header.samples != 1:
            raise damaged("DICOM")
        return np.frombuffer(raw, kind).reshape(header.rows, header.columns), header.photometric
    if header.allocated == 1:
        flat = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[:count]
        return _shaped(flat, header), header.photometric
    if header.allocated == 8 and not elements.little and elements.pixel_kind == b"OW":
        # Bytes that were written as 16-bit words: the words are turned round.
        raw = elements.data[start : start + len(raw) + len(raw) % 2]
        if len(raw) % 2:
            raise breaks_off("DICOM")
        raw = np.frombuffer(raw, ">u2").astype("<u2").tobytes()[:count]
    flat = np.frombuffer(raw, f"{order}u{header.allocated // 8}")
    if halved:
        return _full_width(flat.reshape(header.rows, -1), header), "YBR_FULL"
    return _masked(_shaped(flat, header), header), header.photometric


def _full_width(rows: np.ndarray, header: Header) -> np.ndarray:
    """Y1 Y2 Cb Cr quadruples (PS3.3, C.7.6.3.1.2) as (rows, columns, 3)."""
    if header.columns % 2 or header.allocated != 8:
        raise damaged("DICOM")
    quads = rows.reshape(header.rows, header.columns // 2, 4)
    out = np.empty((header.rows, header.columns, 3), np.uint8)
    out[..., 0] = quads[..., :2].reshape(header.rows, header.columns)
    out[..., 1] = np.repeat(quads[..., 2], 2, axis=1)
    out[..., 2] = np.repeat(quads[..., 3], 2, axis=1)
    return out


def _shaped(flat: np.ndarray, header: Header) -> np.ndarray:
    if header.samples == 1:
        return flat.reshape(header.rows, header.columns)
    if header.planar:
        return np.moveaxis(flat.reshape(header.samples, header.rows, header.columns), 0, -1)
    return flat.reshape(header.rows, header.columns, header.samples)


def _masked(values: np.ndarray, header: Header) -> np.ndarray:
    """Only the bits that are stored: old files keep an overlay in the others."""
    size = header.allocated
    whole = values.astype(values.dtype.newbyteorder("="), copy=False)
    if header.stored < size or header.high != header.stored - 1:
        whole = (whole << np.array(size - 1 - header.high, whole.dtype)).astype(whole.dtype)
        if header.signed:
            whole = whole.view(f"i{size // 8}")
        return whole >> np.array(size - header.stored, whole.dtype)
    return whole.view(f"i{size // 8}") if header.signed else whole


def _first_coded(elements: Elements, header: Header, end_mark: bytes) -> bytes:
    """The compressed bytes of the first frame; `end_mark` closes a frame spread over fragments."""
    found, _ = fragments(elements.data, elements.pixels[0])
    if not found:
        raise breaks_off("DICOM")
    (table_at, table_length), parts = found[0], found[1:]
    if len(parts) < header.frames:
        raise breaks_off("DICOM")
    if header.frames == 1:
        chosen = parts
    elif len(parts) == header.frames:
        chosen = parts[:1]
    elif table_length >= 8:
        # Offsets count from the first fragment's item tag, 8 bytes before its value.
        (second,) = struct.unpack_from("<I", elements.data, table_at + 4)
        chosen = [part for part in parts if part[0] - parts[0][0] < second]
    else:
        ends = (elements.data[at : at + length].rstrip(b"\0").endswith(end_mark) for at, length in parts)
        chosen = parts[: 1 + next((place for place, ended in enumerate(ends) if ended), len(parts))]
    if not chosen:
        raise damaged("DICOM")
    return b"".join(elements.data[at : at + length] for at, length in chosen)


def _jpeg(frame: bytes, header: Header, guard: Guard) -> tuple[np.ndarray, str]:
    """Baseline and 8-bit extended JPEG; the frame's own header is checked before it is decoded."""
    announced = jpeg.inspect(frame, guard)
    _check_size(announced.width, announced.height, header)
    raw = header.samples == 3 and header.photometric == "RGB" and not jpeg.says_its_colours(announced.clean)
    image = load(announced, draft="YCbCr" if raw else None)
    if image.mode not in ("L", "RGB", "YCbCr") or (image.mode == "L") != (header.samples == 1):
        raise damaged("DICOM")
    # Without a mark of its own the decoder takes three channels for YCbCr and turns them to RGB.
    return np.asarray(image), header.photometric if image.mode == "L" else "RGB"


def _jpeg_2000(frame: bytes, header: Header) -> tuple[np.ndarray, str]:
    """JPEG 2000 code streams; the sizes in their own header are checked before they are decoded."""
    at = frame.find(b"\xff\x4f\xff\x51") if frame[4:8] == b"jP  " else 0
    stream = frame[max(0, at) :].rstrip(b"\0")
    if len(stream) < 43 or not stream.startswith(b"\xff\x4f\xff\x51"):
        raise damaged("DICOM")
    # One or two bytes of padding may follow the end-of-codestream mark.
    if b"\xff\xd9" not in stream[-4:]:
        raise breaks_off("DICOM")
    right, bottom, left, top = struct.unpack_from(">IIII", stream, 8)
    components, precision = struct.unpack_from(">HB", stream, 40)
    _check_size(right - left, bottom - top, header)
    signed, precision = bool(precision & 0x80), 1 + (precision & 0x7F)
    if components != header.samples:
        raise damaged("DICOM")
    if precision > 16 or (components > 1 and precision > 8):
        raise unsupported("DICOM", "reason_bits")
    try:
        image = Jpeg2KImageFile(io.BytesIO(stream))
        image.load()
    except DAMAGE:
        raise damaged("DICOM") from None
    values = np.asarray(image)
    if values.shape[:2] != (header.rows, header.columns) or (values.ndim == 3) != (components == 3):
        raise damaged("DICOM")
    if components == 3:
        done = header.photometric in ("YBR_ICT", "YBR_RCT")
        return values, "RGB" if done else header.photometric
    # Pillow widens to 8 or 16 bits and lifts signed values by half their range.
    container = 8 if values.dtype == np.uint8 else 16
    whole = values.astype(np.int32) >> (container - precision)
    if signed:
        whole -= 1 << (precision - 1)
    if header.signed and not signed:
        # Signed values that were coded as unsigned: the highest bit is the sign.
        whole = ((whole ^ (1 << (precision - 1))) - (1 << (precision - 1))).astype(np.int32)
    elif signed and not header.signed:
        whole &= (1 << precision) - 1
    return whole, header.photometric


def _check_size(width: int, height: int, header: Header) -> None:
    if (width, height) != (header.columns, header.rows):
        raise damaged("DICOM")


def _rle(frame: bytes, header: Header) -> np.ndarray:
    """PackBits segments, one for each byte of each sample, highest byte first (PS3.5, annex G)."""
    width = header.allocated // 8
    planes = width * header.samples
    if len(frame) < 64:
        raise breaks_off("DICOM")
    count, *offsets = struct.unpack_from("<16I", frame)
    if count != planes or header.allocated % 8:
        raise damaged("DICOM")
    bounds = [*offsets[:count], len(frame)]
    size = header.rows * header.columns
    out = np.empty((header.samples, width, size), np.uint8)
    for place, (begin, end) in enumerate(zip(bounds, bounds[1:], strict=False)):
        if not 64 <= begin <= end <= len(frame):
            raise damaged("DICOM")
        out[place // width, place % width] = np.frombuffer(_unpacked(frame[begin:end], size), np.uint8)
    values = np.ascontiguousarray(np.moveaxis(out, 1, -1)).view(f">u{width}")[..., 0]
    values = values.reshape(header.samples, header.rows, header.columns)
    return values[0] if header.samples == 1 else np.moveaxis(values, 0, -1)


def _unpacked(segment: bytes, size: int) -> bytes:
    """One PackBits segment, which must give `size` bytes; what is over is padding."""
    parts, at, have = [], 0, 0
    while have < size and at < len(segment):
        head = segment[at]
        if head < 128:
            part = segment[at + 1 : at + 2 + head]
            at += 2 + head
        elif head > 128:
            part = segment[at + 1 : at + 2] * (257 - head)
            at += 2
        else:
            part, at = b"", at + 1
        parts.append(part)
        have += len(part)
    if have < size:
        raise breaks_off("DICOM")
    return b"".join(parts)[:size]
