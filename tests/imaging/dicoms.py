"""DICOM files made in memory by pydicom: an ordinary one, and any change to it."""

from __future__ import annotations

import io

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from tests.imaging.pictures import grey, saved

DEFLATED, BIG_ENDIAN = DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian
EXPLICIT, IMPLICIT = ExplicitVRLittleEndian, ImplicitVRLittleEndian
JPEG, JPEG_2000, RLE = JPEGBaseline8Bit, JPEG2000Lossless, RLELossless


def dataset(pixels: np.ndarray | None = None, syntax: str = EXPLICIT, **changed: object) -> FileDataset:
    """A chest film of `pixels` (uint8, uint16, int16 ...; (H, W) or (H, W, 3)); `changed` by keyword, None to drop."""
    pixels = grey() if pixels is None else pixels
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    coding = {"is_implicit_VR": syntax == IMPLICIT, "is_little_endian": syntax != BIG_ENDIAN}
    ds = FileDataset(None, {}, file_meta=meta, preamble=bytes(128), **coding)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4"
    ds.Modality, ds.BodyPartExamined, ds.ViewPosition = "CR", "CHEST", "PA"
    ds.PatientAge, ds.PatientSex = "054Y", "F"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    ds.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    if pixels.dtype.kind in "iu":
        ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
        ds.HighBit = ds.BitsStored - 1
        ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    order = ">" if syntax == BIG_ENDIAN else "<"
    ds.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    if len(ds.PixelData) % 2:
        ds.PixelData += b"\0"
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    for name, value in changed.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def written(ds: Dataset, implicit: bool | None = None) -> bytes:
    """The file of `ds`, as it is: no check, nothing added; `implicit` value coding against its own word."""
    buffer = io.BytesIO()
    syntax = ds.file_meta.TransferSyntaxUID
    ds.save_as(
        buffer,
        implicit_vr=syntax == IMPLICIT if implicit is None else implicit,
        little_endian=syntax != BIG_ENDIAN,
        enforce_file_format=False,
        force_encoding=True,
    )
    return buffer.getvalue()


def dicom(pixels: np.ndarray | None = None, syntax: str = EXPLICIT, **changed: object) -> bytes:
    """The file of `dataset(...)`."""
    return written(dataset(pixels, syntax, **changed))


def compressed(pixels: np.ndarray, syntax: str, frames: list[bytes], **changed: object) -> bytes:
    """A DICOM file whose pixels are the coded `frames`."""
    ds = dataset(pixels, syntax, **changed)
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return written(ds)


def jpeg_dicom(pixels: np.ndarray, **changed: object) -> bytes:
    """A JPEG baseline DICOM file of uint8 `pixels`."""
    kind = {"PhotometricInterpretation": "YBR_FULL_422"} if pixels.ndim == 3 else {}
    return compressed(pixels, JPEG, [saved(pixels, "JPEG", quality=95)], **(kind | changed))


def jpeg_2000_dicom(pixels: np.ndarray, **changed: object) -> bytes:
    """A lossless JPEG 2000 DICOM file of uint8 or uint16 `pixels`."""
    kind = {"PhotometricInterpretation": "YBR_RCT"} if pixels.ndim == 3 else {}
    options = {"mct": 1} if pixels.ndim == 3 else {}
    stream = saved(pixels, "JPEG2000", no_jp2=True, irreversible=False, **options)
    return compressed(pixels, JPEG_2000, [stream], **(kind | changed))


def rle_dicom(pixels: np.ndarray, frames: int = 1, **changed: object) -> bytes:
    """A run-length coded DICOM file of `pixels`, the same frame `frames` times."""
    ds = dataset(pixels, EXPLICIT)
    ds.compress(RLE, generate_instance_uid=False)
    from pydicom.encaps import get_frame

    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    several = {"NumberOfFrames": frames} if frames > 1 else {}
    return compressed(pixels, RLE, [frame] * frames, **(several | changed))


def table(entries: list[int], first: int = 0, bits: int = 8) -> Sequence:
    """A sequence with one look-up table."""
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries), first, bits])
    item.add_new(0x00283006, "US", entries)
    return Sequence([item])


def shared_groups(**values: object) -> Sequence:
    """The shared functional groups of an enhanced object: window, rescale and spacing in their sequences."""
    group = Dataset()
    homes = {
        "FrameVOILUTSequence": ("WindowCenter", "WindowWidth"),
        "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
        "PixelMeasuresSequence": ("PixelSpacing",),
    }
    for sequence, names in homes.items():
        item = Dataset()
        for name in names:
            if name in values:
                setattr(item, name, values[name])
        setattr(group, sequence, Sequence([item]))
    return Sequence([group])
