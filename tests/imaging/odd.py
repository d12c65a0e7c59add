"""Unusual files that must be read, each with the very pixels it must give."""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.imaging import dicoms, pictures
from tests.imaging.odd_dicom import odd_dicoms
from tests.imaging.pictures import colour, decoded_jpeg, grey, png_chunk, saved


@dataclass(frozen=True)
class OddFile:
    """A file that `decode` must read as `pixels`, give or take `tolerance` levels, with these `notices`."""

    name: str
    data: bytes
    format: str
    pixels: np.ndarray
    notices: tuple[str, ...] = ()
    tolerance: int = 0


@functools.cache
def odd_files() -> tuple[OddFile, ...]:
    """The odd files, in groups that the functions below name."""
    groups = (
        _turned(), _deep(), _colours(), _see_through(), _palettes(), _moving(), _tiffs(), _bmps(),
        _dressed(), *odd_dicoms(),
    )  # fmt: skip
    return tuple(OddFile(*case) for group in groups for case in group)


def _turned():
    c = colour()
    upright = {
        1: c, 2: c[:, ::-1], 3: c[::-1, ::-1], 4: c[::-1], 5: c.swapaxes(0, 1), 6: np.rot90(c, -1),
        7: c[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(c, 1),
    }  # fmt: skip
    for number, pixels in upright.items():
        notices = () if number == 1 else ("turned",)
        block = pictures.exif(number)
        yield f"exif_{number}.png", saved(c, "PNG", exif=block), "PNG", pixels, notices
        yield (
            f"exif_{number}.jpg",
            saved(c, "JPEG", quality=100, subsampling=0, exif=block),
            "JPEG",
            pixels,
            notices,
            6,
        )
    block = pictures.exif(6)
    yield "exif.webp", saved(c, "WEBP", lossless=True, exif=block), "WebP", upright[6], ("turned",)
    yield "turned.tif", pictures.grey_tiff(grey(), t274=(3, [6])), "TIFF", np.rot90(grey(), -1), ("turned",)
    yield "nonsense_turn.png", saved(c, "PNG", exif=pictures.exif(77)), "PNG", c
    yield "nonsense_exif.png", saved(c, "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), "PNG", c


def _deep():
    g = grey()
    deep = g.astype(np.uint16)
    yield "sixteen.png", pictures.grey_png(deep * 257, bits=16), "PNG", g, ("bits_in_use",)
    yield "eight_in_sixteen.png", pictures.grey_png(deep, bits=16), "PNG", g
    twelve = deep * 16
    scaled = np.rint(twelve / 4095 * 255).astype(np.uint8)
    yield "twelve.png", pictures.grey_png(twelve, bits=16), "PNG", scaled, ("bits_in_use",)
    yield "sixteen.tif", pictures.grey_tiff(deep * 257), "TIFF", g, ("bits_in_use",)
    yield "sixteen_big_end.tif", pictures.grey_tiff(deep * 257, ">"), "TIFF", g, ("bits_in_use",)
    white_zero = pictures.grey_tiff(deep * 257, t262=(3, [0]))
    yield "sixteen_negative.tif", white_zero, "TIFF", 255 - g, ("bits_in_use",)
    yield (
        "unit_floats.tif",
        saved((g / np.float32(255)).astype(np.float32), "TIFF"),
        "TIFF",
        g,
        ("unit_range",),
    )
    wide = g.astype(np.uint32) * 0x01010101
    yield "thirty_two.tif", pictures.grey_tiff(wide), "TIFF", g, ("bits_in_use",)
    narrow = (deep + 30_000).astype(np.uint16)
    low, high = np.percentile(narrow.astype(float), (0.1, 99.9), method="nearest")
    shown = np.rint(np.clip((narrow - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    yield "narrow.png", pictures.grey_png(narrow, bits=16), "PNG", shown, ("stretched",)
    yield "narrow_floats.tif", saved(narrow.astype(np.float32) - 1e5, "TIFF"), "TIFF", shown, ("unscaled",)
    c = colour()
    yield (
        "deep_colour.png",
        pictures.deep_colour_png(c.astype(np.uint16) * 256 + 99),
        "PNG",
        c,
        ("upper_bits",),
    )
    for bits in (1, 2, 4):
        packed = grey() >> (8 - bits)
        full = packed * np.uint8(255 // ((1 << bits) - 1))
        notices = ("one_bit",) if bits == 1 else ()
        yield f"bits_{bits}.png", pictures.packed_grey_png(packed, bits), "PNG", full, notices


def _colours():
    inks = Image.fromarray(colour()).convert("CMYK")
    shown = np.asarray(inks.convert("RGB"))
    yield "inks.jpg", saved(inks, "JPEG", quality=100, subsampling=0), "JPEG", shown, ("inks",), 8
    yield "inks.tif", saved(inks, "TIFF"), "TIFF", shown, ("inks",)
    yield "grey.jpg", saved(grey(), "JPEG", quality=100), "JPEG", grey(), (), 3
    progressive = saved(colour(), "JPEG", progressive=True)
    yield "progressive.jpg", progressive, "JPEG", decoded_jpeg(progressive)
    yield "grey_in_colour.png", saved(np.stack([grey()] * 3, -1), "PNG"), "PNG", np.stack([grey()] * 3, -1)


def _see_through():
    c, g = colour(), grey()
    alpha = np.zeros(g.shape, np.uint8)
    alpha[10:40, 10:50] = 255
    hole = alpha[..., None] == 0
    rgba, la = np.dstack([c, alpha]), np.dstack([g, alpha])
    yield (
        "see_through.png",
        saved(rgba, "PNG"),
        "PNG",
        np.where(hole, 255, c).astype(np.uint8),
        ("laid_on_white",),
    )
    lossless = saved(rgba, "WEBP", lossless=True, exact=True)
    yield "see_through.webp", lossless, "WebP", np.where(hole, 255, c).astype(np.uint8), ("laid_on_white",)
    yield (
        "see_through_grey.png",
        saved(la, "PNG"),
        "PNG",
        np.where(alpha == 0, 0, g).astype(np.uint8),
        ("laid_on_black",),
    )
    three = np.dstack([g, g, g, alpha])
    laid = np.where(hole, 0, three[..., :3]).astype(np.uint8)
    yield "see_through_film.png", saved(three, "PNG"), "PNG", laid, ("laid_on_black",)
    half = np.dstack([c, np.full(g.shape, 128, np.uint8)])
    mixed = np.rint(c * (128 / 255) + 255 * (127 / 255)).astype(np.uint8)
    yield "half_through.png", saved(half, "PNG"), "PNG", mixed, ("laid_on_white",), 1
    yield "solid_alpha.png", saved(np.dstack([c, np.full(g.shape, 255, np.uint8)]), "PNG"), "PNG", c
    yield (
        "unset_alpha.png",
        saved(np.dstack([c, np.zeros(g.shape, np.uint8)]), "PNG"),
        "PNG",
        c,
        ("alpha_unset",),
    )


def _palettes():
    painted = Image.fromarray(colour()).quantize(32)
    shown = np.asarray(painted.convert("RGB"))
    yield "palette.png", saved(painted, "PNG"), "PNG", shown
    yield "palette.gif", saved(painted, "GIF"), "GIF", shown
    yield "palette.bmp", saved(painted, "BMP"), "BMP", shown
    yield "palette.tif", saved(painted, "TIFF"), "TIFF", shown
    index = np.asarray(painted)
    clear = saved(painted, "PNG", transparency=int(index[0, 0]))
    hole = np.where((index == index[0, 0])[..., None], 255, shown).astype(np.uint8)
    yield "palette_hole.png", clear, "PNG", hole, ("laid_on_white",)
    greys = Image.fromarray(255 - grey())
    greys.putpalette([255 - level for level in range(256) for _ in range(3)])
    yield "grey_palette.png", saved(greys, "PNG"), "PNG", grey()


def _moving():
    c = colour()
    frames = [Image.fromarray(c), Image.fromarray(c[::-1].copy()), Image.fromarray(255 - c)]
    first = ("first_of_many",)
    more = {"save_all": True, "append_images": frames[1:], "duration": 100}
    yield "moving.png", saved(frames[0], "PNG", **more), "PNG", c, first
    yield "moving.webp", saved(frames[0], "WEBP", lossless=True, **more), "WebP", c, first
    painted = [frame.quantize(64) for frame in frames]
    gif = saved(painted[0], "GIF", save_all=True, append_images=painted[1:], optimize=False)
    yield "moving.gif", gif, "GIF", np.asarray(painted[0].convert("RGB")), first
    yield "pages.tif", saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "TIFF", c, first


def _tiffs():
    c, g = colour(), grey()
    for coding in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"{coding}.tif", saved(c, "TIFF", compression=coding), "TIFF", c
    yield "jpeg_inside.tif", saved(g, "TIFF", compression="jpeg", quality=100), "TIFF", g, (), 3
    fax = Image.fromarray(g).convert("1")
    yield (
        "fax.tif",
        saved(fax, "TIFF", compression="group4"),
        "TIFF",
        np.asarray(fax.convert("L")),
        ("one_bit",),
    )
    planes = np.ascontiguousarray(np.moveaxis(c, -1, 0))
    half = 48 // 2 * 64
    parts = {
        "t258": (3, [8] * 3), "t262": (3, [2]), "t277": (3, [3]), "t278": (3, [24]), "t284": (3, [2]),
        "t273": (4, [8 + place * half for place in range(6)]), "t279": (4, [half] * 6),
    }  # fmt: skip
    yield "planes.tif", pictures.grey_tiff(planes.reshape(-1, 64), **parts | {"t257": (3, [48])}), "TIFF", c
    yield "tiles.tif", pictures.tiled_tiff(g), "TIFF", g
    yield "big.tif", saved(c, "TIFF", big_tiff=True), "TIFF", c
    yield "negative.tif", pictures.grey_tiff(g, t262=(3, [0])), "TIFF", 255 - g
    rounds = bytearray(pictures.grey_tiff(g))
    start = struct.unpack_from("<I", rounds, 4)[0]
    end = start + 2 + 12 * struct.unpack_from("<H", rounds, start)[0]
    struct.pack_into("<I", rounds, end, start)
    yield "pages_in_a_circle.tif", bytes(rounds), "TIFF", g


def _bmps():
    g, c = grey(), colour()
    yield "runs.bmp", pictures.bmp_rle8(g), "BMP", g
    rows = np.pad(c[..., ::-1], ((0, 0), (0, 0), (0, 0))).tobytes()
    top_down = bytearray(pictures.bmp(64, 48, 24, rows))
    struct.pack_into("<i", top_down, 22, -48)
    yield "top_down.bmp", bytes(top_down), "BMP", c
    yield (
        "one_bit.bmp",
        saved(Image.fromarray(g).convert("1"), "BMP"),
        "BMP",
        np.asarray(Image.fromarray(g).convert("1").convert("L")),
        ("one_bit",),
    )
    yield "unused_byte.bmp", saved(np.dstack([c, np.full(g.shape, 255, np.uint8)]), "BMP"), "BMP", c


def _dressed():
    """Sound pictures in a wrong name, with something behind or before them, or with bombs in their margins."""
    c, g = colour(), grey()
    yield "really_a.jpg", saved(c, "PNG"), "PNG", c
    yield "really_a_film.png", dicoms.dicom(g), "DICOM", g
    yield "no_suffix", saved(c, "BMP"), "BMP", c
    yield "more_behind.png", saved(c, "PNG") + b"behind the end" * 9, "PNG", c
    jpeg = saved(c, "JPEG")
    yield "more_behind.jpg", jpeg + jpeg, "JPEG", decoded_jpeg(jpeg)
    zeros = zlib.compress(bytes(50_000_000), 9)
    bombs = {
        "zTXt": b"Comment\0\0" + zeros,
        "iCCP": b"profile\0\0" + zeros,
        "iTXt": b"Comment\0\1\0\0\0" + zeros,
    }
    for name, body in bombs.items():
        yield f"bomb_in_{name}.png", pictures.grey_png(g, png_chunk(name.encode(), body)), "PNG", g
    rows = b"".join(b"\0" + row.tobytes() for row in g)
    bomb = pictures.png(64, 48, 8, 0, rows + bytes(50_000_000))
    yield "bomb_in_rows.png", bomb, "PNG", g
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    woven = [g[top::down, left::across] for left, top, across, down in passes]
    lines = b"".join(b"\0" + row.tobytes() for part in woven for row in part)
    yield "interlaced.png", pictures.png(64, 48, 8, 0, lines, interlaced=1), "PNG", g
    yield "bad_sum_in_text.png", pictures.grey_png(g, png_chunk(b"tEXt", b"a\0b")[:-1] + b"\0"), "PNG", g
