"""The three controls: what they are, that a seed fixes them, and that a blank picture has no edges."""

from __future__ import annotations

import numpy as np
import pytest

from util.explanation.controls import CONTROLS, controls, edge_map, gaussian_map, random_map


def test_all_controls_have_the_pictures_size_and_lie_between_nothing_and_one():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 44, 3), dtype=np.uint8)
    found = controls(pixels)
    assert tuple(found) == CONTROLS
    for heat in found.values():
        assert heat.shape == (30, 44) and heat.dtype == np.float32
        assert heat.min() >= 0 and heat.max() <= 1 and np.ptp(heat) > 0


@pytest.mark.parametrize("grid", [None, 5])
def test_a_seed_fixes_the_random_map(grid):
    one = random_map((20, 20), 3, grid)
    np.testing.assert_array_equal(one, random_map((20, 20), 3, grid))
    assert not np.array_equal(one, random_map((20, 20), 4, grid))


def test_the_random_map_has_the_grain_of_its_grid():
    def roughness(heat):
        return np.abs(np.diff(heat, axis=0)).mean()

    assert roughness(random_map((60, 60), 0, 6)) < roughness(random_map((60, 60), 0, None)) / 4


def test_edges_lie_where_a_step_is():
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:, 10:] = 200
    heat = edge_map(pixels)
    np.testing.assert_allclose(heat[:, 9:11], 1)
    assert not heat[:, :8].any() and not heat[:, 12:].any()


def test_a_constant_picture_has_no_edges():
    assert not edge_map(np.full((9, 9, 3), 80, np.uint8)).any()


def test_the_gaussian_is_centred_and_falls_by_its_width():
    heat = gaussian_map((41, 81), 0.25)
    assert np.unravel_index(heat.argmax(), heat.shape) == (20, 40)
    np.testing.assert_allclose(heat, heat[::-1, ::-1], atol=1e-6)
    # One standard deviation from the middle: a quarter of a side.
    assert heat[20, 40 + 20] == pytest.approx(np.exp(-0.5 * (20 / (0.25 * 81)) ** 2), abs=1e-6)
