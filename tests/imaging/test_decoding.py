"""The photograph that comes out of the door, and what all threads may rely on."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps

from tests.imaging import pictures
from tests.imaging.corpus import odd_files, whole_files
from tests.imaging.pictures import colour, grey, saved
from util.imaging import BlankImage, Facts, ImageTooSmall, RefusedImage, decode
from util.imaging.blank import is_blank
from util.imaging.exif import upright


def test_a_photograph_carries_the_hash_of_the_bytes_that_were_given():
    import hashlib

    data = saved(colour(), "PNG", exif=pictures.exif(6))
    assert decode(data).sha256 == hashlib.sha256(data).hexdigest()


def test_pixels_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        decode(saved(colour(), "PNG")).pixels[0, 0] = 0


def test_bytes_arrays_and_views_are_read_like_bytes():
    data = saved(colour(), "PNG")
    assert np.array_equal(decode(bytearray(data)).pixels, decode(memoryview(data)).pixels)


def test_grey_stays_grey_and_colour_stays_colour():
    for format in ("PNG", "JPEG", "BMP", "TIFF", "GIF"):
        assert decode(saved(grey(), format)).pixels.ndim == 2
        assert decode(saved(colour(), format)).pixels.ndim == 3


def test_facts_say_the_sides_after_turning():
    facts = decode(saved(colour(48, 64), "PNG", exif=pictures.exif(6))).facts
    assert facts == Facts(format="PNG", width=48, height=64, mode="RGB", bits=8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_agrees_with_pillow(orientation):
    image = Image.fromarray(colour())
    image.getexif()[0x0112] = orientation
    assert np.array_equal(upright(colour(), orientation), np.asarray(ImageOps.exif_transpose(image)))


def test_the_smallest_side_is_the_callers_choice():
    patch = saved(colour(24, 50), "PNG")
    with pytest.raises(ImageTooSmall, match="32"):
        decode(patch)
    photograph = decode(patch, minimum_side=1)
    assert [notice.key for notice in photograph.notices] == ["imaging.very_small"]
    assert decode(saved(colour(25, 50), "PNG"), minimum_side=1).notices == ()


def test_a_single_pixel_is_blank_where_no_side_is_too_small():
    with pytest.raises(BlankImage):
        decode(saved(colour(1, 1), "PNG"), minimum_side=1)


@pytest.mark.parametrize(
    ("levels", "strays", "blank"), [(1, 0, True), (3, 0, True), (4, 0, False), (1, 4, True), (1, 5, False)]
)
def test_blank_is_all_but_one_in_a_thousand_within_three_levels(levels, strays, blank):
    # 64 x 64 pixels: 4 may stray. Half the pixels take the last level, so that it is no stray.
    flat = np.full(4096, 100, np.uint8)
    flat[:2048] = 100 + np.arange(2048) % levels
    flat[4096 - strays :] = 200
    assert is_blank(flat.reshape(64, 64)) is blank


def test_a_picture_that_varies_in_one_channel_is_not_blank():
    pixels = np.full((64, 64, 3), 90, np.uint8)
    pixels[:32, :, 2] = 200
    assert not is_blank(pixels)


def test_many_threads_get_the_same_pixels_and_leave_pillow_as_it_was():
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    files = [*whole_files().values(), *(f.data for f in odd_files() if len(f.data) < 60_000)]
    alone = [decode(data).pixels for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda data: decode(data).pixels, files * 2))
    for place, pixels in enumerate(together):
        assert np.array_equal(pixels, alone[place % len(files)])
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))


def test_a_lower_limit_of_pillow_changes_nothing(monkeypatch):
    files = [saved(colour(), name) for name in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")]
    expected = [decode(data).pixels for data in files]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for data, pixels in zip(files, expected, strict=True):
            assert np.array_equal(decode(data).pixels, pixels)


def test_every_refusal_is_an_error_that_people_can_read():
    for data in (b"", b"text", saved(grey(8, 8), "PNG")):
        with pytest.raises(RefusedImage) as caught:
            decode(data)
        assert str(caught.value) == caught.value.sentence.text("en")


def test_real_images_are_read_as_pillow_reads_them(data_root):
    for folder, side in (("chest", 32), ("skin", 32), ("breast", 1)):
        files = [p for p in sorted((data_root / folder).rglob("*")) if p.suffix in (".jpg", ".jpeg", ".webp")]
        assert files
        for file in files[:: max(1, len(files) // 25)]:
            with Image.open(file) as image:
                expected = np.asarray(image)
            assert np.array_equal(decode(file.read_bytes(), minimum_side=side).pixels, expected), file.name
