"""DICOM objects: allow-listed elements, the first frame, and its greys or colours as a screen shows them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from util.imaging.announced import Decoded
from util.imaging.dicom_elements import PIXELS, Elements, read_elements
from util.imaging.dicom_frames import first_frame
from util.imaging.dicom_greys import shown_greys
from util.imaging.dicom_header import Header, Values, described, read_header
from util.imaging.dicom_tables import looked_up, read_segmented, read_table
from util.imaging.limits import Guard
from util.imaging.photograph import Facts
from util.imaging.refusals import RefusedImage, breaks_off, damaged, unsupported
from util.language import Sentence

_GREYS = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_PHOTOMETRICS = frozenset({*_GREYS, *_COLOURS, "PALETTE COLOR"})
_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Storage classes without pixels: documents, plans, states, waveforms, raw data.
_NO_PICTURE = tuple("11 104 88 9. 66 67 78 79 481.3 481.4 481.5 481.6 481.7 481.8".split())


def decode_dicom(data: bytes, guard: Guard) -> Decoded:
    """The first frame of a DICOM file (PS3.3, PS3.5) as uint8; raises a `RefusedImage`.

    Greys run from dark to bright (MONOCHROME1 is turned round) through the file's modality and VOI
    tables, or its first window; without either, 8-bit greys stay and deeper ones span all values
    that occur.
    """
    elements = read_elements(data, guard)
    values = Values(elements)
    if elements.pixel_tag is None:
        raise _without_pixels(values)
    header = read_header(values)
    guard.admit("DICOM", header.columns, header.rows)
    _check_layout(header, elements)
    stored, photometric = first_frame(elements, header, guard)
    pixels, notices = _shown(stored, photometric, header, values)
    if header.frames > 1:
        notices.insert(0, Sentence.of("imaging.first_of_many", count=header.frames))
    if values.text(0x00280301) == "YES":
        notices.append(Sentence.of("imaging.burned_in"))
    facts = Facts(
        format="DICOM",
        width=header.columns,
        height=header.rows,
        mode="L" if pixels.ndim == 2 else "RGB",
        bits=header.stored,
        photometric=header.photometric if header.photometric in _PHOTOMETRICS else None,
        **described(values),
    )
    return Decoded(np.ascontiguousarray(pixels), facts, tuple(notices))


def _without_pixels(values: Values) -> RefusedImage:
    """Objects without pixels are documents or plans; image objects without pixels break off before them."""
    kind = values.text(0x00020002) or values.text(0x00080016)
    if kind.startswith(_STORAGE) and not kind.removeprefix(_STORAGE).startswith(_NO_PICTURE):
        return breaks_off("DICOM")
    if values.whole(0x00280010) is not None or not kind:
        return breaks_off("DICOM")
    return unsupported("DICOM", "reason_no_pixels")


def _check_layout(header: Header, elements: Elements) -> None:
    if header.photometric not in _PHOTOMETRICS:
        raise unsupported("DICOM", "reason_colours")
    grey = header.photometric in _GREYS or header.photometric == "PALETTE COLOR"
    if header.samples != (1 if grey else 3):
        raise damaged("DICOM")
    if elements.pixel_tag == PIXELS and header.allocated not in (1, 8, 16, 32):
        raise unsupported("DICOM", "reason_bits")
    if header.samples == 3 and header.allocated not in (8, 16, 32):
        raise unsupported("DICOM", "reason_bits")


def _shown(
    stored: np.ndarray, photometric: str, header: Header, values: Values
) -> tuple[np.ndarray, list[Sentence]]:
    if photometric in _GREYS:
        return shown_greys(stored, header, values)
    if photometric == "PALETTE COLOR":
        return _painted(stored, header, values), []
    notices = []
    if header.stored > 8 and stored.dtype.itemsize > 1:
        stored = stored >> np.array(header.stored - 8, stored.dtype)
        notices.append(Sentence.of("imaging.upper_bits"))
    colours = stored.astype(np.uint8)
    if photometric.startswith("YBR"):
        # The full-range BT.601 matrix of JPEG, which is that of YBR_FULL (PS3.3, C.7.6.3.1.2).
        colours = np.asarray(Image.fromarray(np.ascontiguousarray(colours), "YCbCr").convert("RGB"))
    return colours, notices


def _painted(stored: np.ndarray, header: Header, values: Values) -> np.ndarray:
    """Palette indices as RGB (PS3.3, C.7.6.3.1.5 and C.7.9)."""
    tables = []
    for place in range(3):
        descriptor, data = (0x00281101 + place,), (0x00281201 + place,)
        table = read_table(values, descriptor, data, header.signed)
        table = table or read_segmented(values, descriptor, (0x00281221 + place,), header.signed)
        if table is None:
            raise unsupported("DICOM", "reason_colours")
        tables.append(table)
    # A channel without bright entries is no reason to read it differently from the others.
    drop = 8 if max(table.bits for table in tables) > 8 else 0
    channels = [looked_up((t.entries >> drop).astype(np.uint8), stored, t.first) for t in tables]
    return np.stack(channels, axis=-1)
