"""Bad and odd files, made in memory: `bad_files()` must be refused by type, `odd_files()` must be read right.

Every case is named like a file, so that tests of folders and of the command line can write it to one.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass

import numpy as np

from tests.imaging import dicoms, pictures
from tests.imaging.pictures import colour, grey, png, png_chunk, saved
from util.imaging import (
    BlankImage,
    EmptyFile,
    ImageTooSmall,
    NotAnImage,
    RefusedImage,
    TooManyPixels,
    TruncatedImage,
    UnsupportedImage,
)


@dataclass(frozen=True)
class BadFile:
    """A file that `decode` must refuse with `error` and nothing else."""

    name: str
    data: bytes
    error: type[RefusedImage]


@functools.cache
def bad_files() -> tuple[BadFile, ...]:
    """Well over a hundred files, each with the refusal it must get."""
    groups = (
        _nothing(), _other_kinds(), _other_pictures(), _truncated(), _bombs(), _small_and_blank(),
        _broken_png(), _broken_jpeg(), _broken_tiff(), _broken_others(), _broken_dicom(),
    )  # fmt: skip
    return tuple(BadFile(*case) for group in groups for case in group)


def odd_files():
    """Unusual files that must be read, with the pixels, notices and format they must give."""
    from tests.imaging.odd import odd_files

    return odd_files()


def whole_files() -> dict[str, bytes]:
    """One sound file of each format and coding, by name."""
    return dict(_whole())


@functools.cache
def _whole() -> tuple[tuple[str, bytes], ...]:
    g, c = grey(), colour()
    return (
        ("plain.png", saved(c, "PNG")),
        ("plain.jpg", saved(c, "JPEG")),
        ("progressive.jpg", saved(c, "JPEG", progressive=True)),
        ("lossy.webp", saved(c, "WEBP")),
        ("lossless.webp", saved(c, "WEBP", lossless=True)),
        ("plain.gif", saved(c, "GIF")),
        ("plain.bmp", saved(c, "BMP")),
        ("runs.bmp", pictures.bmp_rle8(g)),
        ("plain.tif", saved(c, "TIFF")),
        ("lzw.tif", saved(c, "TIFF", compression="tiff_lzw")),
        ("plain.dcm", dicoms.dicom(g.astype(np.uint16) * 16)),
        ("deflated.dcm", dicoms.dicom(g, dicoms.DEFLATED)),
        ("jpeg.dcm", dicoms.jpeg_dicom(g)),
        ("jpeg2000.dcm", dicoms.jpeg_2000_dicom(g)),
        ("rle.dcm", dicoms.rle_dicom(g)),
    )


def _nothing():
    yield "empty.png", b"", EmptyFile
    yield "one_zero.png", b"\0", NotAnImage
    yield "zeros.jpg", bytes(1000), NotAnImage
    yield "noise.png", np.random.default_rng(5).bytes(5000), NotAnImage


def _other_kinds():
    yield "text.png", b"Not an image, only its name says so.\n" * 40, NotAnImage
    yield "accents.jpg", ("\u00e9t\u00e9 " * 2000).encode(), NotAnImage
    yield "page.jpg", b"<!doctype html><html><body>404</body></html>", NotAnImage
    yield "table.webp", b"file,age,sex\na.png,54,female\n", NotAnImage
    yield "document.png", b"%PDF-1.7\n" + bytes(300), NotAnImage
    yield "archive.tif", b"PK\x03\x04" + bytes(300), NotAnImage
    yield "packed.dcm", b"\x1f\x8b\x08" + bytes(300), NotAnImage
    yield "model.png", b"\x89HDF\r\n\x1a\n" + bytes(300), NotAnImage
    yield "program.png", b"\x7fELF" + bytes(300), NotAnImage
    yield "film.gif", b"\0\0\0\x18ftypmp42" + bytes(300), NotAnImage
    yield "sound.bmp", b"RIFF\x24\1\0\0WAVEfmt " + bytes(300), NotAnImage
    yield "bm_text.bmp", b"BMW is a car maker, and this is text.", NotAnImage


def _other_pictures():
    yield "phone.heic", b"\0\0\0\x18ftypheic" + bytes(300), UnsupportedImage
    yield "modern.avif", b"\0\0\0\x18ftypavif" + bytes(300), UnsupportedImage
    yield "wavelet.jp2", saved(grey(), "JPEG2000"), UnsupportedImage
    yield "layers.psd", b"8BPS\0\1" + bytes(300), UnsupportedImage
    yield "drawing.svg", b'<?xml version="1.0"?><svg width="64" height="64"/>', UnsupportedImage
    yield "icon.png", saved(colour(), "ICO"), UnsupportedImage
    yield "plain.ppm", saved(colour(), "PPM"), UnsupportedImage
    yield "volume.nii", b"\x5c\x01\0\0" + bytes(340) + b"n+1\0" + bytes(50), UnsupportedImage


def _truncated():
    shares = (0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.99)
    for name, data in _whole():
        # The last byte of a deflated DICOM file may be padding.
        spare = 2 if name == "deflated.dcm" else 1
        for cut in sorted({int(share * len(data)) for share in shares} | {len(data) - spare}):
            error = NotAnImage if name.endswith("dcm") and cut < 132 else TruncatedImage
            yield f"cut_at_{cut}_of_{len(data)}_{name}", data[:cut], error


def _bombs():
    yield "sides.png", png(60_000, 60_000, 8, 0, b"\0"), TooManyPixels
    yield "greatest.png", png(2**31 - 1, 2**31 - 1, 16, 6, b"\0"), TooManyPixels
    yield "ribbon.png", png(2_000_000, 40, 1, 0, b"\0"), TooManyPixels
    small = saved(colour(), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    yield "sides.jpg", small[:at] + struct.pack(">HH", 65_000, 65_000) + small[at + 4 :], TooManyPixels
    yield "sides.gif", b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";", TooManyPixels
    yield "sides.bmp", pictures.bmp(50_000, 50_000, 24, b""), TooManyPixels
    canvas = b"\0\0\0\0" + (2**24 - 1).to_bytes(3, "little") * 2
    yield "canvas.webp", pictures.riff((b"VP8X", canvas)), TooManyPixels
    sides = {"t256": (4, [90_000]), "t257": (4, [90_000])}
    yield "sides.tif", pictures.grey_tiff(grey(), **sides), TooManyPixels
    yield "sides.dcm", dicoms.dicom(Rows=65_535, Columns=65_535), TooManyPixels
    yield "frames.dcm", dicoms.dicom(NumberOfFrames="100000"), TruncatedImage
    inner = saved(np.zeros((4000, 4000), np.uint8), "JPEG")
    yield "inner.dcm", dicoms.compressed(grey(), dicoms.JPEG, [inner]), TruncatedImage
    tile = {"t322": (4, [2**31 - 16]), "t323": (4, [2**31 - 16]), "t324": (4, [8]), "t325": (4, [100])}
    bare = {"t273": (4, []), "t279": (4, [])}
    yield "tile.tif", pictures.grey_tiff(grey(), **bare, **tile), TruncatedImage


def _small_and_blank():
    yield "one_pixel.png", png(1, 1, 8, 0, b"\0\7"), ImageTooSmall
    yield "two_high.png", saved(grey(2, 20_000), "PNG"), ImageTooSmall
    yield "two_wide.png", saved(grey(20_000, 2), "PNG"), ImageTooSmall
    yield "nearly.jpg", saved(grey(64, 31), "JPEG"), ImageTooSmall
    yield "small.dcm", dicoms.dicom(grey(31, 31)), ImageTooSmall
    white, black = np.full((64, 64, 3), 255, np.uint8), np.zeros((64, 64), np.uint8)
    speck = black.copy()
    speck[3, 4] = 255
    yield "white.png", saved(white, "PNG"), BlankImage
    yield "black.jpg", saved(black, "JPEG"), BlankImage
    yield "speck.png", saved(speck, "PNG"), BlankImage
    yield "one_colour.webp", saved(white // 2 + np.uint8([0, 40, 80]), "WEBP", lossless=True), BlankImage
    yield "one_dose.dcm", dicoms.dicom(np.full((64, 64), 1000, np.uint16)), BlankImage
    yield "deep_black.png", pictures.grey_png(black.astype(np.uint16), bits=16), BlankImage
    breath = 200 + np.random.default_rng(3).integers(0, 2, (64, 64)).astype(np.uint8)
    yield "breath.png", saved(breath, "PNG"), BlankImage


def _broken_png():
    good = pictures.grey_png(grey())
    body = good.index(b"IDAT")
    rows = b"".join(b"\0" + row.tobytes() for row in grey()[:20])
    yield "check_sum.png", good[: body + 30] + b"\1\2\3" + good[body + 33 :], TruncatedImage
    yield "no_pixels.png", png(64, 48, 8, 0, b""), TruncatedImage
    yield "half_the_rows.png", png(64, 48, 8, 0, rows), TruncatedImage
    yield "no_end.png", png(64, 48, 8, 0, rows, end=False), TruncatedImage
    yield "no_sides.png", png(0, 0, 8, 0, rows), TruncatedImage
    yield "depth.png", png(64, 48, 3, 0, rows), TruncatedImage
    yield "no_palette.png", png(64, 48, 8, 3, rows * 3), TruncatedImage
    yield "apple.png", pictures.grey_png(grey(), png_chunk(b"CgBI", b"\0\0\0\0")), UnsupportedImage
    yield "signature_only.png", good[:8], TruncatedImage


def _broken_jpeg():
    good = saved(colour(), "JPEG")
    frame, scan = good.index(b"\xff\xc0"), good.index(b"\xff\xda")
    yield "no_scan.jpg", good[:scan] + b"\xff\xd9", TruncatedImage
    yield "twelve_bits.jpg", good[: frame + 4] + b"\x0c" + good[frame + 5 :], UnsupportedImage
    yield "lossless.jpg", good[: frame + 1] + b"\xc3" + good[frame + 2 :], UnsupportedImage
    yield "no_frame.jpg", b"\xff\xd8\xff\xd9", TruncatedImage
    yield "junk.jpg", b"\xff\xd8\xff\xe0junk" + bytes(100), TruncatedImage
    progressive = saved(colour(), "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    passes = progressive[:-2] + progressive[last:-2] * 300 + b"\xff\xd9"
    yield "three_hundred_passes.jpg", passes, UnsupportedImage
    large = saved(colour(200, 300), "JPEG")
    for share in (0.3, 0.6, 0.9):
        cut = large[: int(share * len(large))] + b"\xff\xd9"
        yield f"cut_and_closed_{share}.jpg", cut, TruncatedImage
    tables = good.index(b"\xff\xdb")
    yield "no_tables.jpg", good[:tables] + good[frame:], TruncatedImage


def _broken_tiff():
    g = grey()
    yield "strip_outside.tif", pictures.grey_tiff(g, t273=(4, [10_000])), TruncatedImage
    yield "strips_missing.tif", pictures.grey_tiff(g, t278=(3, [8])), TruncatedImage
    yield "no_sides.tif", pictures.grey_tiff(g, t256=(3, [])), TruncatedImage
    yield "two_widths.tif", pictures.grey_tiff(g, t256=(3, [64, 64])), TruncatedImage
    yield "no_strips.tif", pictures.grey_tiff(g, t273=(4, []), t279=(4, [])), TruncatedImage
    deep = pictures.grey_tiff(np.zeros((144, 64), np.uint16), t257=(3, [48]), t258=(3, [16] * 3),
        t262=(3, [2]), t277=(3, [3]), t278=(3, [48]), t284=(3, [2]),
        t273=(4, [8, 6152, 12296]), t279=(4, [6144] * 3))  # fmt: skip
    yield "deep_planes.tif", deep, UnsupportedImage
    yield "old_jpeg.tif", pictures.grey_tiff(g, t259=(3, [6])), UnsupportedImage
    yield "unknown_coding.tif", pictures.grey_tiff(g, t259=(3, [777])), UnsupportedImage
    yield "camera.dng", pictures.grey_tiff(g, t50706=(4, [1])), UnsupportedImage
    yield "camera.nef", pictures.grey_tiff(g, t254=(4, [1]), t330=(4, [8])), UnsupportedImage
    yield "doubles.tif", pictures.grey_tiff(g.astype(np.uint64), t339=(3, [3])), UnsupportedImage
    yield "lab.tif", pictures.grey_tiff(g, t262=(3, [8])), UnsupportedImage
    yield "not_lzw.tif", pictures.grey_tiff(g, t259=(3, [5])), TruncatedImage
    yield "directory_outside.tif", b"II*\0" + struct.pack("<I", 5000) + bytes(200), TruncatedImage


def _broken_others():
    gif = saved(grey(), "GIF")
    frame = gif.index(b",\0\0\0\0")
    yield (
        "frame_outside.gif",
        gif[: frame + 5] + struct.pack("<HH", 200, 200) + gif[frame + 9 :],
        TruncatedImage,
    )
    blocks = gif.rindex(b"\0;")
    yield "codes_end_early.gif", gif[: blocks - 400] + bytes(1) + b";", TruncatedImage
    yield "no_frame.gif", gif[:13] + b";", TruncatedImage
    yield "two_bits.bmp", pictures.bmp(64, 48, 2, bytes(64 * 48)), UnsupportedImage
    yield "jpeg_inside.bmp", pictures.bmp(64, 48, 24, bytes(64 * 48 * 3), coding=4), UnsupportedImage
    yield "short.bmp", pictures.bmp(64, 48, 24, bytes(64 * 47 * 3)), TruncatedImage
    yield "runs_end_early.bmp", pictures.bmp(64, 48, 8, b"\x40\x80\0\1", coding=1), TruncatedImage
    yield "no_picture.webp", pictures.riff((b"VP8X", bytes(10)), (b"XMP ", b"<x/>")), ImageTooSmall
    lossless = saved(colour(), "WEBP", lossless=True)
    yield "scrambled.webp", lossless[:40] + bytes(60) + lossless[100:], TruncatedImage


def _broken_dicom():
    g = grey()
    film, sr = "1.2.840.10008.1.2.4.102", "1.2.840.10008.5.1.4.1.1.88.11"
    report = dicoms.dataset(g, PixelData=None, Rows=None, Columns=None)
    report.file_meta.MediaStorageSOPClassUID = report.SOPClassUID = sr
    yield "report.dcm", dicoms.written(report), UnsupportedImage
    yield "no_pixels.dcm", dicoms.dicom(g, PixelData=None), TruncatedImage
    yield "no_rows.dcm", dicoms.dicom(g, Rows=None), TruncatedImage
    yield "zero_rows.dcm", dicoms.dicom(g, Rows=0), TruncatedImage
    yield "too_few_bytes.dcm", dicoms.dicom(g, PixelData=bytes(1000)), TruncatedImage
    yield "film.dcm", dicoms.compressed(g, film, [bytes(100)]), UnsupportedImage
    for number in (57, 70, 80, 81, 110, 201):
        syntax = f"1.2.840.10008.1.2.4.{number}"
        yield f"coding_{number}.dcm", dicoms.compressed(g, syntax, [bytes(100)]), UnsupportedImage
    yield "own_coding.dcm", dicoms.compressed(g, "1.2.3.4.5", [bytes(100)]), UnsupportedImage
    yield "grey_of_three.dcm", dicoms.dicom(colour(), PhotometricInterpretation="MONOCHROME2"), TruncatedImage
    yield "rgb_of_one.dcm", dicoms.dicom(g, PhotometricInterpretation="RGB"), TruncatedImage
    yield "hsv.dcm", dicoms.dicom(colour(), PhotometricInterpretation="HSV"), UnsupportedImage
    yield "no_palette.dcm", dicoms.dicom(g, PhotometricInterpretation="PALETTE COLOR"), UnsupportedImage
    yield "high_bit.dcm", dicoms.dicom(g, HighBit=12), TruncatedImage
    yield "bits.dcm", dicoms.dicom(g, BitsAllocated=24, BitsStored=24, HighBit=23), UnsupportedImage
    twelve = bytearray(saved(g, "JPEG"))
    twelve[twelve.index(b"\xff\xc0") + 4] = 12
    extended = "1.2.840.10008.1.2.4.51"
    yield "twelve_bits.dcm", dicoms.compressed(g, extended, [bytes(twelve)]), UnsupportedImage
    yield (
        "rle_short.dcm",
        dicoms.compressed(g, dicoms.RLE, [struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0"]),
        TruncatedImage,
    )
    yield (
        "rle_planes.dcm",
        dicoms.compressed(g, dicoms.RLE, [struct.pack("<16I", 9, 64, *[0] * 14)]),
        TruncatedImage,
    )
    yield "no_fragment.dcm", dicoms.compressed(g, dicoms.JPEG, [bytes(2)]), TruncatedImage
    wave = saved(grey(40, 40), "JPEG2000", no_jp2=True)
    yield "other_sides.dcm", dicoms.compressed(g, dicoms.JPEG_2000, [wave]), TruncatedImage
    yield "preamble_only.dcm", bytes(128) + b"DICM", TruncatedImage
