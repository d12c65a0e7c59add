"""Limits hold before anything is decoded."""

import tracemalloc
import zlib

import numpy as np
import pytest

from tests.imaging import dicoms, pictures
from tests.imaging.corpus import bad_files
from tests.imaging.pictures import colour, grey, png_chunk, saved
from util.imaging import FileTooLarge, Limits, RefusedImage, TooManyPixels, decode, pillow_formats
from util.imaging.limits import Guard


def test_one_byte_more_than_fifty_megabytes_is_too_large():
    with pytest.raises(FileTooLarge) as caught:
        decode(b"\x89PNG\r\n\x1a\n" + bytes(50_000_001 - 8))
    assert str(caught.value) == "Expected a file of at most 50 MB, received 51 MB."


def test_a_file_of_exactly_the_limit_is_read():
    data = saved(colour(), "PNG")
    assert decode(data, limits=Limits(maximum_bytes=len(data))).pixels.shape == (48, 64, 3)
    with pytest.raises(FileTooLarge):
        decode(data, limits=Limits(maximum_bytes=len(data) - 1))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_of_exactly_the_pixel_limit_is_read(format):
    data = saved(colour(), format)
    assert decode(data, limits=Limits(maximum_pixels=48 * 64)).pixels.shape == (48, 64, 3)
    with pytest.raises(TooManyPixels):
        decode(data, limits=Limits(maximum_pixels=48 * 64 - 1))


def test_too_many_pixels_are_refused_without_a_decoder(monkeypatch):
    def fail(*_):
        raise AssertionError("a decoder was started")

    monkeypatch.setattr(pillow_formats, "load", fail)
    monkeypatch.setattr("util.imaging.dicom.first_frame", fail)
    cases = [case for case in bad_files() if case.error is TooManyPixels]
    assert len(cases) >= 8
    for case in cases:
        with pytest.raises(TooManyPixels):
            decode(case.data)


def _peak(data: bytes) -> int:
    tracemalloc.start()
    try:
        decode(data)
    except RefusedImage:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_compressed_margins_are_never_unpacked():
    bomb = zlib.compress(bytes(200_000_000), 9)
    data = pictures.grey_png(
        grey(), *(png_chunk(name, b"a\0\0" + bomb) for name in (b"zTXt", b"iCCP", b"iTXt"))
    )
    assert _peak(data) < 10_000_000


def test_a_deflated_dicom_bomb_stops_at_its_limit():
    whole = dicoms.dicom(syntax=dicoms.DEFLATED)
    # The transfer syntax is the last element before the deflated part.
    head = whole[: whole.index(b"1.2.840.10008.1.2.1.99") + 22]
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = machine.compress(bytes(60_000_000)) + machine.flush()
    limits = Limits(maximum_bytes=1_000_000)
    tracemalloc.start()
    with pytest.raises(FileTooLarge, match="unpacks"):
        decode(head + body, limits=limits)
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_only_the_first_frame_reaches_the_decoder(format):
    from PIL import Image

    frames = [Image.fromarray(np.roll(colour(), 7 * step, axis=1)) for step in range(6)]
    if format == "GIF":
        frames = [frame.quantize(64) for frame in frames]
    data = saved(frames[0], format, save_all=True, append_images=frames[1:])
    inspect, _ = pillow_formats.FORMATS["WebP" if format == "WEBP" else format]
    announced = inspect(data, Guard(Limits(), 1))
    assert announced.frames == 6
    image = pillow_formats.load(announced)
    assert getattr(image, "n_frames", 1) == 1
