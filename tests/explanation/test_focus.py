"""Shares of a map's energy by hand, and the two estimates of what should matter on drawn and real images."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from util.explanation import border_share, inside_share, lesion_mask, lung_mask, peak_inside

DATA = Path(os.environ.get("PENUMBRA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_an_even_map_has_the_frames_own_share():
    assert border_share(np.ones((100, 100))) == pytest.approx(0.36)
    assert border_share(np.ones((10, 20))) == pytest.approx(1 - 8 * 16 / 200)


def test_a_map_in_the_middle_has_nothing_on_the_border_and_one_on_the_edge_has_all():
    heat = np.zeros((50, 50))
    heat[20:30, 20:30] = 1
    assert border_share(heat) == 0
    heat = np.zeros((50, 50))
    heat[0] = 1
    assert border_share(heat) == 1


def test_shares_inside_and_outside_add_up_to_one():
    rng = np.random.default_rng(0)
    heat, mask = rng.random((30, 40)), rng.random((30, 40)) > 0.4
    assert inside_share(heat, mask) + inside_share(heat, ~mask) == pytest.approx(1)


def test_negative_parts_count_by_their_size():
    assert inside_share(np.array([[-3.0, 1.0]]), np.array([[True, False]])) == pytest.approx(0.75)


def test_a_map_without_energy_has_no_focus():
    nothing = np.zeros((8, 8))
    assert border_share(nothing) is None
    assert inside_share(nothing, np.ones((8, 8), bool)) is None
    assert peak_inside(nothing, np.ones((8, 8), bool)) is None


def test_a_mask_of_another_size_is_brought_to_the_map():
    mask = np.zeros((4, 4), bool)
    mask[:, :2] = True
    heat = np.zeros((20, 20))
    heat[:, :10] = 1
    assert inside_share(heat, mask) == 1


def test_the_pointing_game_asks_for_the_strongest_point():
    heat = np.zeros((5, 5))
    heat[2, 2], heat[0, 0] = 1, 0.9
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    assert peak_inside(heat, mask) is True
    assert peak_inside(heat, ~mask) is False


@pytest.mark.parametrize("centre", [(75, 75), (60, 95), (90, 70)])
@pytest.mark.parametrize("corners", [False, True])
def test_a_drawn_lesion_is_found(centre, corners):
    rng = np.random.default_rng(1)
    skin = np.full((150, 150, 3), (222, 180, 160), np.int16) + rng.integers(-6, 7, (150, 150, 3))
    truth = np.zeros((150, 150), np.uint8)
    cv2.ellipse(truth, centre, (34, 26), 30, 0, 360, 1, -1)
    skin[truth > 0] = (110, 70, 55)
    if corners:
        y, x = np.mgrid[:150, :150] - 75
        skin[np.hypot(x, y) > 92] = 4
    found = lesion_mask(np.clip(skin, 0, 255).astype(np.uint8))
    assert found.shape == (150, 150) and found.dtype == bool
    assert dice(found, truth > 0) > 0.85


def test_even_skin_gives_the_centre_as_a_guess():
    found = lesion_mask(np.full((60, 60, 3), 200, np.uint8))
    assert found[30, 30] and not found[0, 0]


@pytest.mark.parametrize("shape", [(224, 224), (180, 260, 3)])
def test_drawn_lungs_are_found(shape):
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width]
    y, x = y / height, x / width
    film = np.where((np.abs(x - 0.5) < 0.45) & (y > 0.05), 170, 20).astype(np.uint8)
    truth = np.zeros((height, width), bool)
    for centre in (0.3, 0.7):
        truth |= ((x - centre) / 0.14) ** 2 + ((y - 0.45) / 0.3) ** 2 < 1
    film[truth] = 70
    film = np.repeat(film[..., None], 3, axis=2) if len(shape) == 3 else film
    found = lung_mask(film)
    assert found.shape == (height, width)
    assert dice(found, truth) > 0.8


def test_a_flat_film_gives_the_usual_place_as_a_guess():
    found = lung_mask(np.full((100, 100), 90, np.uint8))
    assert found[45, 28] and found[45, 72] and not found[95:].any() and not found[:, :4].any()


@pytest.mark.skipif(not (DATA / "chest" / "lung_masks.csv").is_file(), reason="no data")
def test_the_lung_estimate_reaches_its_documented_dice_on_real_films():
    with (DATA / "chest" / "lung_masks.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in rows:
        film = cv2.imread(str(DATA / "chest" / row["path"]), cv2.IMREAD_GRAYSCALE)
        drawn = cv2.imread(str(DATA / "chest" / row["mask"]), cv2.IMREAD_GRAYSCALE) > 127
        found.append(dice(lung_mask(film), drawn))
    assert np.mean(found) == pytest.approx(0.77, abs=0.01)
