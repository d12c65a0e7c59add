"""The brushes: noise, curves, strokes, cells, blobs."""

import numpy as np
import pytest

from util.samples.paint import (
    blob,
    branches,
    cells,
    curve,
    polygon,
    rough_noise,
    smooth_noise,
    step,
    strokes,
    to_uint8,
)


@pytest.mark.parametrize("noise", [smooth_noise, rough_noise])
def test_noise_has_mean_zero_and_deviation_one(noise):
    field = noise(np.random.default_rng(0), (120, 90), 12)
    assert field.shape == (120, 90)
    assert abs(field.mean()) < 1e-3
    assert field.std() == pytest.approx(1, abs=1e-2)


def test_larger_blobs_make_smoother_noise():
    def roughness(size):
        return np.abs(np.diff(smooth_noise(np.random.default_rng(0), (200, 200), size))).mean()

    assert roughness(40) < roughness(10) < roughness(4)


def test_step_is_flat_outside_and_halfway_in_the_middle():
    assert step(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), 0, 1).tolist() == [0, 0, 0.5, 1, 1]


def test_a_curve_passes_through_its_points():
    points = [(0, 0), (10, 5), (20, 0), (30, -5)]
    drawn = curve(points, 301)
    for point in points:
        assert np.hypot(*(drawn - point).T).min() < 0.2


def test_a_polygon_fills_its_area():
    square = polygon((40, 40), np.array([(10.0, 10.0), (29.0, 10.0), (29.0, 29.0), (10.0, 29.0)]))
    assert square[15:25, 15:25].min() == 1
    assert square[:8].max() == 0


def test_the_brighter_stroke_lies_on_top():
    along = np.array([(0.0, 10.0), (40.0, 10.0)])
    across = np.array([(20.0, 0.0), (20.0, 40.0)])
    layer = strokes((40, 40), [(along, 5.0, 1.0), (across, 5.0, 0.5)])
    assert layer[10, 20] == 1
    assert layer[30, 20] == pytest.approx(0.5, abs=0.01)


def test_a_tree_of_depth_d_has_two_to_the_d_minus_one_branches():
    lines = branches(np.random.default_rng(0), (0.0, 0.0), 0.0, 40.0, 8.0, 4)
    assert len(lines) == 15
    assert all(widths[-1] <= widths[0] for _, widths, _ in lines)


def test_the_second_nearest_seed_is_never_nearer_than_the_nearest():
    first, second, number = cells(np.random.default_rng(0), (60, 80), 12)
    assert (second >= first).all()
    assert first.shape == number.shape == (60, 80)


def test_a_smooth_blob_is_an_ellipse():
    shape = blob(np.random.default_rng(0), (100, 100), (50, 50), (30, 20), 0.0)
    assert shape[50, 80] == pytest.approx(1, abs=0.01)
    assert shape[70, 50] == pytest.approx(1, abs=0.01)
    assert shape[50, 50] == 0


def test_a_blob_off_the_picture_is_nowhere():
    assert (blob(np.random.default_rng(0), (20, 20), (500, 500), (5, 5)) == 9).all()


def test_values_past_white_and_black_are_clipped():
    assert to_uint8(np.array([-1.0, 0.5, 2.0])).tolist() == [0, 128, 255]
