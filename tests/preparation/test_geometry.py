"""Geometry: what part of the picture is seen, and at what size."""

import numpy as np
import pytest

from util.preparation import geometry, patch


def test_the_centre_square_of_a_wide_picture_is_its_middle():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 6)
    result = geometry.centre_square(pixels)
    assert result.pixels.tolist() == [[2, 3], [8, 9]]
    assert result.crop == (2, 0, 4, 2)


def test_a_square_picture_is_left_alone():
    result = geometry.centre_square(np.zeros((5, 5, 3), np.uint8))
    assert not result.applied and result.pixels.shape == (5, 5, 3)


def test_reducing_averages_instead_of_skipping():
    # A one-pixel checkerboard: skipping pixels would keep black or white, averaging gives grey.
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    small = geometry.resized(board, 16, 16)
    assert np.abs(small.astype(int) - 127).max() <= 2


def test_the_short_side_gets_the_standard_scale():
    assert geometry.standard_scale(np.zeros((450, 600, 3), np.uint8), 150).pixels.shape == (150, 200, 3)


def test_grey_of_pure_colours_is_their_luma():
    row = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert geometry.grey(row).pixels.tolist() == [[76, 150, 29]]


@pytest.mark.parametrize("height, width", [(1, 1), (1, 50), (7, 23), (25, 50), (49, 50)])
def test_padding_fills_any_patch_by_reflection_and_keeps_it_in_the_middle(height, width):
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    result = patch.pad(pixels)
    left, top = -result.crop[0], -result.crop[1]
    assert result.pixels.shape == (50, 50, 3)
    assert np.array_equal(result.pixels[top : top + height, left : left + width], pixels)


def test_reflection_repeats_as_often_as_it_takes():
    row = geometry.reflected(np.array([[1, 2, 3]], np.uint8), 1, 9)
    assert row.tolist() == [[2, 3, 2, 1, 2, 3, 2, 1, 2]]


def test_a_given_scale_is_brought_to_four_micrometres():
    result = patch.scale_to_um(np.zeros((400, 800, 3), np.uint8), um_per_pixel=0.5)
    assert result.pixels.shape == (50, 100, 3) and result.applied


def test_a_small_patch_without_scale_is_taken_as_it_is_and_a_large_one_is_warned_about():
    assert not patch.scale_to_um(np.zeros((64, 64, 3), np.uint8)).warnings
    assert patch.scale_to_um(np.zeros((65, 64, 3), np.uint8)).warnings[0].key == "preparation.scale_warning"


def test_the_window_is_the_middle_and_says_so():
    pixels = np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    result = patch.central_window(pixels)
    assert result.crop == (15, 5, 65, 55) and result.warnings
    assert np.array_equal(result.pixels, pixels[5:55, 15:65])
