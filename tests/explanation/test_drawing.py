"""Overlay and legend: readable where there is no evidence, coloured where there is."""

from __future__ import annotations

import numpy as np
import pytest

from util.explanation import COLOUR_MAPS, Explanation, colour_table, default_colours, legend, overlay
from util.explanation.drawing import DIVERGING

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def explanation(heat, signed=False):
    heat = np.asarray(heat, np.float32)
    return Explanation("x", 0, heat, heat.shape, signed, not heat.any(), 1.0, 0.0)


def ramp():
    return np.tile(np.linspace(0, 1, 30, dtype=np.float32), (20, 1))


def test_without_opacity_the_image_is_unchanged():
    np.testing.assert_array_equal(overlay(PIXELS, ramp(), 0.0, "inferno"), PIXELS)


def test_an_empty_map_changes_nothing():
    np.testing.assert_array_equal(overlay(PIXELS, explanation(np.zeros((20, 30))), 1.0, "cividis"), PIXELS)


def test_where_there_is_no_evidence_the_image_shows_and_at_the_peak_the_colour():
    drawn = overlay(PIXELS, explanation(ramp()), 1.0, "inferno")
    np.testing.assert_array_equal(drawn[:, 0], PIXELS[:, 0])
    np.testing.assert_array_equal(drawn[:, -1], np.tile(colour_table("inferno")[255], (20, 1)))


def test_more_opacity_brings_every_pixel_nearer_to_its_colour():
    full = overlay(PIXELS, ramp(), 1.0, "cividis").astype(int)
    distances = [
        np.abs(overlay(PIXELS, ramp(), opacity, "cividis") - full).sum() for opacity in (0, 0.3, 0.6, 1)
    ]
    assert distances == sorted(distances, reverse=True) and distances[-1] == 0


def test_a_map_and_its_explanation_draw_the_same():
    np.testing.assert_array_equal(
        overlay(PIXELS, ramp(), 0.5, "inferno"), overlay(PIXELS, explanation(ramp()), 0.5, "inferno")
    )


def test_a_smaller_map_is_enlarged_to_the_image():
    assert overlay(PIXELS, np.eye(5, dtype=np.float32), 0.5, "inferno").shape == PIXELS.shape


def test_a_signed_map_shows_both_directions_and_leaves_zero_alone():
    heat = np.zeros((20, 30), np.float32)
    heat[:, 0], heat[:, -1] = -1, 1
    drawn = overlay(PIXELS, explanation(heat, signed=True), 1.0, "cividis")
    np.testing.assert_array_equal(drawn[0, 0], colour_table(DIVERGING)[0])
    np.testing.assert_array_equal(drawn[0, -1], colour_table(DIVERGING)[255])
    np.testing.assert_array_equal(drawn[:, 5:20], PIXELS[:, 5:20])


def test_a_few_sharp_pixels_do_not_hide_the_rest_of_a_map_that_is_as_fine_as_its_pixels():
    heat = np.full((20, 30), 0.01, np.float32)
    heat[:10] = 0.2
    heat[0, 0] = 1
    fine = overlay(PIXELS, explanation(heat), 1.0, "inferno")
    np.testing.assert_array_equal(fine[5], np.tile(colour_table("inferno")[255], (30, 1)))
    coarse = overlay(PIXELS, Explanation("x", 0, heat, (2, 3), False, False, 1.0, 0.0), 1.0, "inferno")
    assert not (coarse[5] == colour_table("inferno")[255]).all()


def test_the_image_itself_is_not_written_to():
    before = PIXELS.copy()
    overlay(PIXELS, ramp(), 1.0, "inferno")
    np.testing.assert_array_equal(PIXELS, before)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, 45])
def test_an_opacity_outside_zero_to_one_is_refused(opacity):
    with pytest.raises(ValueError, match="opacity"):
        overlay(PIXELS, ramp(), opacity, "inferno")


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_grow_steadily_lighter(name):
    light = colour_table(name).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert light.shape == (256,) and light[-1] - light[0] > 120
    assert (np.diff(light) > -2).all()


def test_the_two_sided_colours_are_dark_in_the_middle_and_blue_and_orange_at_equally_light_ends():
    table = colour_table(DIVERGING).astype(float)
    light = table @ [0.2126, 0.7152, 0.0722]
    assert light.argmin() in (127, 128)
    assert (np.diff(light[:128]) <= 2).all() and (np.diff(light[128:]) >= -2).all()
    assert abs(light[0] - light[-1]) < 25
    assert table[0, 2] > table[0, 0] + 60 and table[-1, 0] > table[-1, 2] + 60


def test_an_unknown_colour_map_is_a_key_error():
    with pytest.raises(KeyError):
        colour_table("jet")


def test_the_legend_runs_from_the_first_colour_to_the_last():
    strip = legend("inferno", width=64, height=3)
    assert strip.shape == (3, 64, 3) and strip.dtype == np.uint8
    np.testing.assert_array_equal(strip[0, [0, -1]], colour_table("inferno")[[0, 255]])


def test_films_have_inferno_and_colour_images_cividis():
    assert [default_colours(name) for name in ("chest", "skin", "breast")] == [
        "inferno",
        "cividis",
        "cividis",
    ]
