"""Files are told by content, never by name."""

import numpy as np
import pytest

from tests.imaging import dicoms
from tests.imaging.corpus import whole_files
from tests.imaging.pictures import colour, grey, saved
from util.imaging import NotAnImage, UnsupportedImage, decode
from util.imaging.detect import detect
from util.language import entries

SUFFIXES = {
    "png": "PNG",
    "jpg": "JPEG",
    "webp": "WebP",
    "gif": "GIF",
    "bmp": "BMP",
    "tif": "TIFF",
    "dcm": "DICOM",
}


@pytest.mark.parametrize("name", whole_files())
def test_each_format_is_told_by_its_first_bytes(name):
    assert detect(whole_files()[name][:200]) == SUFFIXES[name.rsplit(".")[-1]]


def test_dicom_is_told_before_the_tiff_header_that_its_preamble_may_carry():
    assert detect(b"II*\0" + bytes(124) + b"DICM" + bytes(50)) == "DICOM"


@pytest.mark.parametrize("syntax", [dicoms.EXPLICIT, dicoms.IMPLICIT, dicoms.BIG_ENDIAN])
def test_a_bare_data_set_is_dicom(syntax):
    whole = dicoms.dicom(grey(), syntax)
    first = b"\0\x08\0\x16" if syntax == dicoms.BIG_ENDIAN else b"\x08\0\x16\0"
    bare = whole[whole.index(first) :]
    assert detect(bare) == "DICOM"
    assert np.array_equal(decode(bare).pixels, grey())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello, world", "text"),
        ("\u00e9".encode() * 3000, "text"),
        (b"<html>", "page"),
        (b"%PDF-1.4", "pdf"),
        (b"PK\x03\x04", "archive"),
        (b"\x89HDF\r\n\x1a\n", "model"),
        (b"\xfe\xdc\xba\x98\0\0", "unknown"),
    ],
)
def test_what_came_instead_is_named(data, kind):
    with pytest.raises(NotAnImage) as caught:
        detect(data)
    assert caught.value.sentence.values["received"].key == f"imaging.kind_{kind}"


def test_other_image_formats_are_named():
    with pytest.raises(UnsupportedImage, match="JPEG 2000"):
        detect(saved(colour(), "JPEG2000"))
    with pytest.raises(UnsupportedImage, match="HEIC"):
        detect(b"\0\0\0\x18ftypheic" + bytes(20))


def test_every_sentence_of_the_room_names_the_same_fields_in_both_languages():
    import string

    for key, texts in entries().items():
        if key.startswith("imaging."):
            fields = [{name for _, name, _, _ in string.Formatter().parse(t) if name} for t in texts.values()]
            assert fields[0] == fields[1], key
