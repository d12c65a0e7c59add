"""Unusual DICOM files that must be read: codings, greys, colours and shapes, for `odd_files()`."""

from __future__ import annotations

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.imaging import dicoms
from tests.imaging.pictures import colour, decoded_jpeg, grey, saved


def odd_dicoms():
    """Groups of cases: name, file, format, pixels, then notices and tolerance where there are any."""
    return _codings(), _greys(), _colours(), _shapes()


def _codings():
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


def _greys():
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


def _colours():
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


def _shapes():
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
