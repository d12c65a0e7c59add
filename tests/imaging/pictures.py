"""Drawn pictures and the files that hold them, made in memory."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def grey(height: int = 48, width: int = 64, seed: int = 1) -> np.ndarray:
    """A drawn grey picture, uint8 (height, width): a slope, a disc and grain, different at every corner."""
    rows, columns = np.mgrid[:height, :width]
    slope = 40 + 90 * rows / height + 60 * columns / width
    disc = 60 * ((rows - height / 3) ** 2 + (columns - width / 4) ** 2 < (min(height, width) / 5) ** 2)
    grain = np.random.default_rng(seed).integers(-4, 5, (height, width))
    return np.clip(slope - disc + grain, 0, 255).astype(np.uint8)


def colour(height: int = 48, width: int = 64) -> np.ndarray:
    """A drawn colour picture, uint8 (height, width, 3), its three channels unlike."""
    return np.stack(
        [
            grey(height, width, 1),
            grey(height, width, 2)[::-1],
            255 - grey(height, width, 3)[:, ::-1],
        ],
        axis=-1,
    )


def saved(image: Image.Image | np.ndarray, format: str, **options) -> bytes:
    """The bytes that Pillow writes for `image`."""
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded_jpeg(data: bytes) -> np.ndarray:
    """Pillow's own reading of a JPEG file."""
    return np.asarray(Image.open(io.BytesIO(data)))


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int,
    height: int,
    bits: int,
    kind: int,
    rows: bytes,
    *extra: bytes,
    end: bool = True,
    interlaced: int = 0,
) -> bytes:
    """A PNG file around `rows`, the unfiltered scan lines (each begun by a zero); `extra` chunks after IHDR."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced))
    body = png_chunk(b"IDAT", zlib.compress(rows)) if rows else b""
    tail = png_chunk(b"IEND", b"") if end else b""
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + tail


def grey_png(pixels: np.ndarray, *extra: bytes, bits: int = 8) -> bytes:
    """A grey PNG of `pixels`, 8 or 16 bits deep."""
    kind = ">u2" if bits == 16 else "u1"
    rows = b"".join(b"\0" + row.astype(kind).tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], bits, 0, rows, *extra)


def deep_colour_png(pixels: np.ndarray) -> bytes:
    """A colour PNG with 16 bits a channel, of uint16 (H, W, 3)."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], 16, 2, rows)


def packed_grey_png(pixels: np.ndarray, bits: int) -> bytes:
    """A grey PNG with 1, 2 or 4 bits a pixel; `pixels` are the packed values."""
    levels = np.unpackbits(pixels[..., None], axis=-1)[..., -bits:].reshape(len(pixels), -1)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in levels)
    return png(pixels.shape[1], pixels.shape[0], bits, 0, rows)


def exif(orientation: int, **texts: str) -> bytes:
    """An EXIF block with an orientation and other tags by Pillow's names of them."""
    block = Image.Exif()
    block[0x0112] = orientation
    names = {"artist": 0x013B, "description": 0x010E, "date": 0x0132, "copyright": 0x8298, "host": 0x013C}
    for name, text in texts.items():
        block[names[name]] = text
    return block.tobytes()


def bmp_rle8(pixels: np.ndarray) -> bytes:
    """An 8-bit run-length coded BMP with a grey palette; each pixel is one run of length 1."""
    height, width = pixels.shape
    body = b""
    for row in pixels[::-1]:
        body += b"".join(b"\1" + bytes([value]) for value in row) + b"\0\0"
    body += b"\0\1"
    palette = b"".join(bytes([v, v, v, 0]) for v in range(256))
    offset = 14 + 40 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + header + palette + body


def bmp(width: int, height: int, bits: int, body: bytes, coding: int = 0) -> bytes:
    """A BMP file with any header values."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, coding, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + header + body


def tiff(tags: dict[int, tuple[int, list[int]]], body: bytes = b"", order: str = "<") -> bytes:
    """A TIFF file: `body` from byte 8, then one directory of `tags` (number: (type 3 or 4, values))."""
    start = 8 + len(body) + len(body) % 2
    extra_at = start + 2 + 12 * len(tags) + 4
    directory, extra = struct.pack(order + "H", len(tags)), b""
    for tag, (kind, values) in sorted(tags.items()):
        raw = struct.pack(f"{order}{len(values)}{'HI'[kind - 3]}", *values)
        if len(raw) > 4:
            place, extra = struct.pack(order + "I", extra_at + len(extra)), extra + raw
        else:
            place = raw.ljust(4, b"\0")
        directory += struct.pack(order + "HHI", tag, kind, len(values)) + place
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", start)
    return head + body + b"\0" * (len(body) % 2) + directory + bytes(4) + extra


def grey_tiff(pixels: np.ndarray, order: str = "<", **changed: tuple[int, list[int]]) -> bytes:
    """An uncompressed one-strip grey TIFF of uint8 or uint16 `pixels`; `changed` tags as t256=(kind, values)."""
    bits = pixels.dtype.itemsize * 8
    body = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    tags = {
        256: (3, [pixels.shape[1]]),
        257: (3, [pixels.shape[0]]),
        258: (3, [bits]),
        259: (3, [1]),
        262: (3, [1]),
        273: (4, [8]),
        277: (3, [1]),
        278: (3, [pixels.shape[0]]),
        279: (4, [len(body)]),
    }
    tags |= {int(name[1:]): value for name, value in changed.items()}
    return tiff({tag: value for tag, value in tags.items() if value[1]}, body, order)


def tiled_tiff(pixels: np.ndarray, side: int = 16) -> bytes:
    """An uncompressed grey TIFF in square tiles, the last ones padded."""
    height, width = pixels.shape
    padded = np.pad(pixels, ((0, -height % side), (0, -width % side)))
    tiles = [
        padded[row : row + side, column : column + side].tobytes()
        for row in range(0, height, side)
        for column in range(0, width, side)
    ]
    tags = {
        256: (3, [width]), 257: (3, [height]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 277: (3, [1]),
        322: (3, [side]), 323: (3, [side]),
        324: (4, [8 + place * side * side for place in range(len(tiles))]),
        325: (4, [side * side] * len(tiles)),
    }  # fmt: skip
    return tiff(tags, b"".join(tiles))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP container around `chunks` (name, body)."""
    body = b"".join(n + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for n, b in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
