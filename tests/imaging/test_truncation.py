"""A file that breaks off is never half a picture."""

import pytest

from tests.imaging import dicoms, pictures
from tests.imaging.corpus import whole_files
from tests.imaging.pictures import colour, grey, saved
from util.imaging import NotAnImage, RefusedImage, TruncatedImage, decode
from util.imaging.png import row_bytes

SMALL = {
    "png": saved(grey(8, 9), "PNG"),
    "jpeg": saved(grey(8, 9), "JPEG"),
    "webp": saved(colour(8, 9), "WEBP", lossless=True),
    "gif": saved(grey(8, 9) // 64 * 64, "GIF"),
    "bmp": saved(colour(8, 9), "BMP"),
    "tiff": pictures.grey_tiff(grey(8, 9)),
    "lzw tiff": saved(grey(8, 9), "TIFF", compression="tiff_lzw"),
    "dicom": dicoms.dicom(grey(8, 10)),
    "rle dicom": dicoms.rle_dicom(grey(8, 10)),
    "jpeg dicom": dicoms.jpeg_dicom(grey(8, 10)),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_file_cut_at_any_length_is_refused(name):
    whole = SMALL[name]
    assert decode(whole, minimum_side=1).pixels.shape[0] == 8
    known_from = 132 if "dicom" in name else 16
    for length in range(1, len(whole)):
        with pytest.raises(RefusedImage) as caught:
            decode(whole[:length], minimum_side=1)
        allowed = (TruncatedImage,) if length >= known_from else (TruncatedImage, NotAnImage)
        assert type(caught.value) in allowed, length


@pytest.mark.parametrize("name", whole_files())
def test_the_whole_file_beside_its_truncations_is_read(name):
    assert decode(whole_files()[name]).pixels.shape[:2] == (48, 64)


@pytest.mark.parametrize("interlaced", [0, 1])
def test_a_png_with_one_byte_of_its_rows_missing_is_refused(interlaced):
    needed = row_bytes(40, 40, 8, interlaced)
    # Adam7 of 40 x 40: passes of 5x5, 5x5, 10x5, 10x10, 20x10, 20x20, 40x20, each row with a filter byte.
    sizes = [(5, 5), (5, 5), (10, 5), (10, 10), (20, 10), (20, 20), (40, 20)] if interlaced else [(40, 40)]
    assert needed == sum(height * (1 + width) for width, height in sizes)
    rows = bytes(needed) if interlaced else b"".join(b"\0" + row.tobytes() for row in grey(40, 40))
    whole = pictures.png(40, 40, 8, 0, rows, interlaced=interlaced)
    short = pictures.png(40, 40, 8, 0, rows[:-1], interlaced=interlaced)
    with pytest.raises(TruncatedImage):
        decode(short)
    if not interlaced:
        assert (decode(whole).pixels == grey(40, 40)).all()
