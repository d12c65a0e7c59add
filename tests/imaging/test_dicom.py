"""DICOM against pydicom as oracle, and against the standard's formulas worked by hand."""

import logging
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.imaging import dicoms
from tests.imaging.pictures import grey
from util.imaging import Limits, UnsupportedImage, decode
from util.imaging.dicom_elements import read_elements
from util.imaging.dicom_frames import first_frame
from util.imaging.dicom_greys import window
from util.imaging.dicom_header import Values, read_header
from util.imaging.limits import Guard

# Objects that ship inside pydicom: real scanners' odd files in every coding.
FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
NAMES = """
693_J2KI CT_small ExplVR_BigEnd J2K_pixelrep_mismatch JPEG2000 MR_small MR_small_RLE MR_small_bigendian
MR_small_expb MR_small_implicit MR_small_jp2klossless MR_small_padded SC_jpeg_no_color_transform
SC_jpeg_no_color_transform_2 SC_rgb_dcmtk_+eb+cr SC_rgb_dcmtk_+eb+cy+n1 SC_rgb_dcmtk_+eb+cy+np
SC_rgb_dcmtk_+eb+cy+s2 SC_rgb_gdcm_KY SC_rgb_jpeg SC_rgb_jpeg_app14_dcmd SC_rgb_jpeg_dcmtk SC_rgb_rle
SC_rgb_rle_16bit SC_rgb_rle_16bit_2frame SC_rgb_rle_2frame SC_rgb_rle_32bit SC_rgb_small_odd
SC_rgb_small_odd_big_endian SC_rgb_small_odd_jpeg examples_jpeg2k examples_overlay examples_palette
examples_rgb_color examples_ybr_color image_dfl liver_1frame liver_expb_1frame rtdose_1frame rtdose_expb rtdose_rle
""".split()


def _read(name: str) -> bytes:
    file = FOLDER / f"{name}.dcm"
    if not file.is_file():
        pytest.skip("skipped: this pydicom ships no test files")
    return file.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_stored_values_are_those_of_pydicom(name):
    data = _read(name)
    guard = Guard(Limits(), 1)
    elements = read_elements(data, guard)
    header = read_header(Values(elements))
    stored, photometric = first_frame(elements, header, guard)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pydicom").setLevel(logging.CRITICAL)
        expected = pydicom.dcmread(FOLDER / f"{name}.dcm").pixel_array
    expected = expected[0] if header.frames > 1 else expected
    if photometric.startswith("YBR"):
        pytest.skip("colours are compared by the next test")
    assert np.array_equal(stored, expected)


@pytest.mark.parametrize("name", [name for name in NAMES if "ybr" in name or "rgb" in name])
def test_colours_are_those_of_pydicom_within_one_level(name):
    data = _read(name)
    photograph = decode(data, minimum_side=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pydicom.dcmread(FOLDER / f"{name}.dcm").pixel_array
    expected = expected[0] if expected.ndim == 4 else expected
    expected = expected >> (8 * expected.dtype.itemsize - 8)
    assert np.abs(photograph.pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", ["examples_overlay", "MR_small", "693_J2KI"])
def test_windowed_greys_are_those_of_pydicom(name):
    photograph = decode(_read(name))
    ds = pydicom.dcmread(FOLDER / f"{name}.dcm")
    shown = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds, index=0)
    signed = ds.PixelRepresentation == 1
    low = -(1 << ds.BitsStored - 1) if signed else 0
    low = low * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
    span = ((1 << ds.BitsStored) - 1) * float(ds.get("RescaleSlope", 1))
    expected = (shown - low) / span * 255
    assert np.abs(photograph.pixels - expected).max() <= 1


def test_the_linear_window_is_that_of_the_standard():
    # PS3.3, C.11.2.1.2.1, the note: centre 2048, width 4096 maps 0 to 0 and 4095 to full.
    assert window(np.array([-5.0, 0.0, 4095.0, 5000.0]), 2048, 4096, "").tolist() == [0, 0, 1, 1]
    # Centre 0, width 100: -50 is dark, 49 is bright, in between (x + 0.5) / 99 + 0.5.
    assert window(np.array([-50.0, -0.5, 49.0]), 0, 100, "").tolist() == [0, 0.5, 1]
    # Width 1 is a threshold at the centre less one half.
    assert window(np.array([9.4, 9.6]), 10, 1, "").tolist() == [0, 1]


def test_the_exact_window_and_the_sigmoid_are_those_of_the_standard():
    assert window(np.array([-50.0, 0.0, 50.0]), 0, 100, "LINEAR_EXACT").tolist() == [0, 0.5, 1]
    sigmoid = window(np.array([-25.0, 0.0, 25.0]), 0, 100, "SIGMOID")
    assert np.allclose(sigmoid, [1 / (1 + np.e), 0.5, np.e / (1 + np.e)])


def test_the_first_of_several_windows_is_used():
    two = dicoms.dicom(grey(), WindowCenter=[128, 10], WindowWidth=[256, 5])
    one = dicoms.dicom(grey(), WindowCenter=128, WindowWidth=256)
    assert np.array_equal(decode(two).pixels, decode(one).pixels)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("054Y", 54.0),
        ("018M", 1.5),
        ("052W", 364 / 365.25),
        ("010D", 10 / 365.25),
        ("", None),
        ("Y054", None),
    ],
)
def test_ages_are_told_in_years(text, years):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dicoms.dicom(PatientAge=text)
    assert decode(data).facts.age == pytest.approx(years) if years else decode(data).facts.age is None


def test_spacing_is_row_then_column_in_millimetres():
    assert decode(dicoms.dicom(PixelSpacing=[0.2, 0.3])).facts.spacing_mm == (0.2, 0.3)
    assert decode(dicoms.dicom(ImagerPixelSpacing=[0.1, 0.1])).facts.spacing_mm == (0.1, 0.1)
    assert decode(dicoms.dicom()).facts.spacing_mm is None
    groups = dicoms.shared_groups(PixelSpacing=[0.4, 0.5])
    assert decode(dicoms.dicom(SharedFunctionalGroupsSequence=groups)).facts.spacing_mm == (0.4, 0.5)


def test_a_coding_that_cannot_be_read_is_named():
    with pytest.raises(UnsupportedImage, match="JPEG-LS"):
        decode(dicoms.compressed(grey(), "1.2.840.10008.1.2.4.80", [bytes(10)]))


def test_a_frame_in_several_fragments_is_joined():
    from pydicom.encaps import encapsulate

    from tests.imaging.pictures import saved

    stream = saved(grey(), "JPEG", quality=100)
    ds = dicoms.dataset(grey(), dicoms.JPEG)
    whole = decode(dicoms.compressed(grey(), dicoms.JPEG, [stream])).pixels
    ds.PixelData = encapsulate([stream], fragments_per_frame=4)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    assert np.array_equal(decode(dicoms.written(ds)).pixels, whole)
    for has_table in (True, False):
        ds.PixelData = encapsulate([stream, stream], fragments_per_frame=3, has_bot=has_table)
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.NumberOfFrames = 2
        assert np.array_equal(decode(dicoms.written(ds)).pixels, whole)
