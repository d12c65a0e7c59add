"""Unusual files that must be read, each with the very pixels it must give."""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.imaging import dicoms, pictures
from tests.imaging.pictures import colour, grey, png_chunk, saved


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
        _dressed(), _dicom_codings(), _dicom_greys(), _dicom_colours(), _dicom_shapes(),
    )  # fmt: skip
    return tuple(OddFile(*case) for group in groups for case in group)


def decoded_jpeg(data: bytes) -> np.ndarray:
    """Pillow's own reading of a JPEG file."""
    import io

    return np.asarray(Image.open(io.BytesIO(data)))


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
    yield "narrow_floats.tif", saved(narrow.astype(np.float32) - 1e5, "TIFF"), "TIFF", shown, ("stretched",)
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


def _dicom_codings():
    g, c = grey(), colour()
    for name in ("EXPLICIT", "IMPLICIT", "BIG_ENDIAN", "DEFLATED"):
        syntax = getattr(dicoms, name)
        yield f"{name.lower()}.dcm", dicoms.dicom(g, syntax), "DICOM", g
        deep = dicoms.dicom(g.astype(np.uint16) * 16, syntax, WindowCenter="2048", WindowWidth="4096")
        shown = np.rint(np.clip((g * 16.0 - 2047.5) / 4095 + 0.5, 0, 1) * 255).astype(np.uint8)
        yield f"{name.lower()}_deep.dcm", deep, "DICOM", shown, ("window",)
    yield "rle.dcm", dicoms.rle_dicom(c), "DICOM", c
    yield "jpeg.dcm", dicoms.jpeg_dicom(g), "DICOM", g, (), 8
    yield "jpeg_2000.dcm", dicoms.jpeg_2000_dicom(c), "DICOM", c
    yield "no_preamble.dcm", dicoms.dicom(g)[132:], "DICOM", g
    tiff_before = b"II*\0\x08\0\0\0" + bytes(120) + dicoms.dicom(g)[128:]
    yield "two_faces.dcm", tiff_before, "DICOM", g
    yield "zeros_behind.dcm", dicoms.dicom(g) + bytes(64), "DICOM", g
    yield "mislabelled.dcm", dicoms.written(dicoms.dataset(g), implicit=True), "DICOM", g


def _dicom_greys():
    g = grey()
    deep = g.astype(np.int16) * 4 - 300
    low, high = int(deep.min()), int(deep.max())
    full = np.rint((deep - low) / (high - low) * 255).astype(np.uint8)
    yield (
        "negative.dcm",
        dicoms.dicom(g, PhotometricInterpretation="MONOCHROME1"),
        "DICOM",
        255 - g,
        ("inverted",),
    )
    yield "no_window.dcm", dicoms.dicom(deep), "DICOM", full, ("full_range",)
    useless = {"WindowCenter": "30000", "WindowWidth": "10"}
    yield "useless_window.dcm", dicoms.dicom(deep, **useless), "DICOM", full, ("window_useless",)
    yield (
        "zero_window.dcm",
        dicoms.dicom(deep, WindowCenter="40", WindowWidth="0"),
        "DICOM",
        full,
        ("full_range",),
    )
    padded = deep.copy()
    padded[:5] = -2000
    low5, high5 = int(deep[5:].min()), int(deep[5:].max())
    shown = np.rint(np.clip((padded - low5) / (high5 - low5), 0, 1) * 255).astype(np.uint8)
    yield "padding.dcm", dicoms.dicom(padded, PixelPaddingValue=-2000), "DICOM", shown, ("full_range",)
    units = {"RescaleSlope": "2", "RescaleIntercept": "-1000", "WindowCenter": "-700", "WindowWidth": "400"}
    hounsfield = g * 2.0 - 1000
    linear = np.rint(np.clip((hounsfield + 700.5) / 399 + 0.5, 0, 1) * 255).astype(np.uint8)
    yield "hounsfield.dcm", dicoms.dicom(g.astype(np.uint16), **units), "DICOM", linear, ("window",)
    sigmoid = np.rint(255 / (1 + np.exp(-4 * (hounsfield + 700) / 400))).astype(np.uint8)
    curved = dicoms.dicom(g.astype(np.uint16), **units, VOILUTFunction="SIGMOID")
    yield "sigmoid.dcm", curved, "DICOM", sigmoid, ("window",)
    entries = [int(255 * (level / 255) ** 2) for level in range(256)]
    square = np.array(entries, np.uint8)[g]
    yield (
        "voi_table.dcm",
        dicoms.dicom(g, VOILUTSequence=dicoms.table(entries)),
        "DICOM",
        square,
        ("voi_table",),
    )
    modality = dicoms.dicom(g, ModalityLUTSequence=dicoms.table(entries))
    yield "modality_table.dcm", modality, "DICOM", square
    overlaid = g.astype(np.uint16) | np.uint16(0xF000)
    stored = {"BitsStored": 8, "HighBit": 7}
    yield "overlay_bits.dcm", dicoms.dicom(overlaid, **stored), "DICOM", g
    groups = dicoms.shared_groups(
        WindowCenter="-700",
        WindowWidth="400",
        RescaleSlope="2",
        RescaleIntercept="-1000",
        PixelSpacing=[0.2, 0.3],
    )
    enhanced = dicoms.dicom(g.astype(np.uint16), SharedFunctionalGroupsSequence=groups)
    yield "enhanced.dcm", enhanced, "DICOM", linear, ("window",)
    wide = g.astype(np.uint32) * 100_000
    yield (
        "thirty_two.dcm",
        dicoms.dicom(wide),
        "DICOM",
        np.rint((g - g.min()) / (int(g.max()) - int(g.min())) * 255).astype(np.uint8),
        ("full_range",),
    )


def _dicom_colours():
    c, g = colour(), grey()
    planes = np.ascontiguousarray(np.moveaxis(c, -1, 0))
    planar = dicoms.dataset(c, PlanarConfiguration=1)
    planar.PixelData = planes.tobytes()
    yield "planes.dcm", dicoms.written(planar), "DICOM", c
    ycc = np.asarray(Image.fromarray(c).convert("YCbCr"))
    back = np.asarray(Image.fromarray(ycc, "YCbCr").convert("RGB"))
    yield "ybr.dcm", dicoms.dicom(ycc, PhotometricInterpretation="YBR_FULL"), "DICOM", back
    pairs = np.concatenate([ycc[:, 0::2, :1], ycc[:, 1::2, :1], ycc[:, 0::2, 1:]], axis=-1)
    halved = dicoms.dataset(c, PhotometricInterpretation="YBR_FULL_422", PixelData=pairs.tobytes())
    halved_ycc = ycc.copy()
    halved_ycc[:, 1::2, 1:] = ycc[:, 0::2, 1:]
    shown = np.asarray(Image.fromarray(halved_ycc, "YCbCr").convert("RGB"))
    yield "ybr_422.dcm", dicoms.written(halved), "DICOM", shown
    tables = {
        name: np.random.default_rng(place).integers(0, 256, 256) for place, name in enumerate(_CHANNELS)
    }
    painted = dicoms.dataset(g, PhotometricInterpretation="PALETTE COLOR")
    for name, entries in tables.items():
        setattr(painted, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(painted, f"{name}PaletteColorLookupTableData", (entries * 257).astype("<u2").tobytes())
    shown = np.stack([entries[g] for entries in tables.values()], -1).astype(np.uint8)
    yield "palette.dcm", dicoms.written(painted), "DICOM", shown
    segmented = dicoms.dataset(g, PhotometricInterpretation="PALETTE COLOR")
    words = np.array([0, 1, 0, 1, 255, 65_535], "<u2").tobytes()
    for name in _CHANNELS:
        setattr(segmented, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(segmented, f"Segmented{name}PaletteColorLookupTableData", words)
    yield "segments.dcm", dicoms.written(segmented), "DICOM", np.stack([g] * 3, -1)
    deep = c.astype(np.uint16) * 257
    yield "deep_colour.dcm", dicoms.dicom(deep), "DICOM", c, ("upper_bits",)


_CHANNELS = ("Red", "Green", "Blue")


def _dicom_shapes():
    g = grey()
    several = dicoms.dataset(g, NumberOfFrames="3", PixelData=np.stack([g, 255 - g, g[::-1]]).tobytes())
    yield "frames.dcm", dicoms.written(several), "DICOM", g, ("first_of_many",)
    yield "frames_rle.dcm", dicoms.rle_dicom(g, frames=3), "DICOM", g, ("first_of_many",)
    coded = [saved(frame, "JPEG", quality=100) for frame in (g, 255 - g)]
    jpegs = dicoms.compressed(g, dicoms.JPEG, coded, NumberOfFrames="2")
    yield "frames_jpeg.dcm", jpegs, "DICOM", decoded_jpeg(coded[0]), ("first_of_many",)
    bits = (g > 120).astype(np.uint8)
    mask = dicoms.dataset(g, BitsAllocated=1, BitsStored=1, HighBit=0)
    mask.PixelData = np.packbits(bits, bitorder="little").tobytes()
    yield "one_bit.dcm", dicoms.written(mask), "DICOM", bits * np.uint8(255)
    floats = dicoms.dataset(g, PixelData=None, BitsAllocated=32, BitsStored=None, HighBit=None)
    del floats.PixelRepresentation
    floats.FloatPixelData = (g.astype(np.float32) * 1e-3).tobytes()
    full = np.rint((g - g.min()) / (int(g.max()) - int(g.min())) * 255).astype(np.uint8)
    yield "floats.dcm", dicoms.written(floats), "DICOM", full, ("full_range",), 1
    icon = Dataset()
    icon.Rows = icon.Columns = 8
    icon.BitsAllocated, icon.PixelData = 8, bytes(64)
    icon["PixelData"].VR = "OB"
    yield "icon_inside.dcm", dicoms.dicom(g, IconImageSequence=Sequence([icon])), "DICOM", g
    yield "writing.dcm", dicoms.dicom(g, BurnedInAnnotation="YES"), "DICOM", g, ("burned_in",)
    nested = Dataset()
    for _ in range(60):
        outer = Dataset()
        outer.ContentSequence = Sequence([nested])
        nested = outer
    yield "sixty_deep.dcm", dicoms.dicom(g, ContentSequence=Sequence([nested])), "DICOM", g
