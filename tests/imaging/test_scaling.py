"""Deep greys become 8 bits by the rule that the notice tells."""

import numpy as np
import pytest

from util.imaging.scaling import eight_bits, float_bits, stretch


def test_an_eight_bit_picture_in_sixteen_bits_comes_back_unchanged():
    picture = np.arange(256).reshape(16, 16)
    pixels, notice = eight_bits(picture.astype(np.uint16) * 257)
    assert np.array_equal(pixels, picture)
    assert (notice.key, notice.values["bits"]) == ("imaging.bits_in_use", 16)
    pixels, notice = eight_bits(picture.astype(np.uint16))
    assert np.array_equal(pixels, picture) and notice is None


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
def test_the_bits_in_use_are_found_and_scaled_from_zero_to_all_ones(bits):
    values = np.linspace(0, (1 << bits) - 1, 400).round().astype(np.uint16).reshape(20, 20)
    pixels, notice = eight_bits(values)
    assert notice.values["bits"] == bits
    assert np.array_equal(pixels, np.rint(values / ((1 << bits) - 1) * 255))


def test_a_narrow_picture_is_stretched():
    values = 40_000 + np.arange(400, dtype=np.uint16).reshape(20, 20)
    pixels, notice = eight_bits(values)
    assert notice.key == "imaging.stretched"
    assert pixels.min() == 0 and pixels.max() == 255


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (np.linspace(0, 255, 400, dtype=np.float32), "unscaled"),
        (np.linspace(-0.2, 0.9, 400, dtype=np.float32), "unscaled"),
        (np.linspace(0, 0.1, 400, dtype=np.float32), "stretched"),
    ],
)
def test_reals_are_said_to_fill_little_of_their_range_only_within_zero_to_one(values, key):
    pixels, notice = float_bits(values.reshape(20, 20))
    assert notice.key == f"imaging.{key}"
    assert pixels.min() == 0 and pixels.max() == 255


def test_negative_greys_are_stretched_and_not_said_to_fill_little():
    pixels, notice = eight_bits(np.arange(-200, 200).reshape(20, 20))
    assert notice.key == "imaging.unscaled"
    assert pixels.min() == 0 and pixels.max() == 255


def test_constant_greys_give_one_value():
    assert len(np.unique(eight_bits(np.full((8, 8), 700, np.uint16))[0])) == 1


def test_reals_from_zero_to_one_are_multiplied():
    pixels, notice = float_bits(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert pixels.tolist() == [[0, 128, 255]] and notice.key == "imaging.unit_range"


def test_what_is_not_a_number_is_the_lowest_grey():
    pixels, _ = float_bits(np.array([[np.nan, 0.5, 1.0, np.inf]], np.float32))
    assert pixels[0, 0] <= pixels[0, 1] < pixels[0, 2]
    assert (float_bits(np.full((4, 4), np.nan, np.float32))[0] == 0).all()


def test_a_range_as_wide_as_doubles_allow_is_stretched_without_a_warning():
    values = np.array([[-1.7e308, 0.0, 1.7e308]])
    with np.errstate(all="raise"):
        assert stretch(values, -1.7e308, 1.7e308).tolist() == [[0, 128, 255]]


def test_stretching_cuts_what_lies_outside():
    assert stretch(np.array([[-9, 0, 5, 10, 99]]), 0, 10).tolist() == [[0, 0, 128, 255, 255]]
