"""Corruptions and re-storage: what each does to a picture, that strengths rise, and that chance is seeded."""

import cv2
import numpy as np
import pytest

from tests.training.evaluation_sets import film, lesion
from util.training.evaluation import corruptions, robustness
from util.training.evaluation.asking import chance

COLOUR = cv2.resize(lesion(np.random.default_rng(0), 4)[0], (120, 90), interpolation=cv2.INTER_CUBIC)
GREY = film(np.random.default_rng(0), True, 112)
SAME_SIZE = [name for name in corruptions.PARAMETERS if name != "crop"]


def made(pixels, name, strength, seed=0):
    return corruptions.corrupted(pixels, name, strength, chance(seed, name, strength, "a file"))


def harm(pixels, name, strength) -> float:
    """Mean squared change, over a few draws."""
    draws = [made(pixels, name, strength, seed).astype(float) for seed in range(6)]
    return float(np.mean([np.mean((one - pixels) ** 2) for one in draws]))


@pytest.mark.parametrize("name", SAME_SIZE)
@pytest.mark.parametrize("pixels", [COLOUR, GREY], ids=["colour", "grey"])
def test_each_strength_harms_a_picture_more_than_the_one_before(name, pixels):
    # Where a hair lies matters as much as one hair more: every second strength is told apart in a few draws.
    strengths = (1, 3, 5) if name in ("rotation", "hair") else corruptions.STRENGTHS
    harms = [harm(pixels, name, strength) for strength in strengths]
    assert harms[0] > 0 and harms == sorted(harms)


@pytest.mark.parametrize("name", corruptions.PARAMETERS)
@pytest.mark.parametrize("pixels", [COLOUR, GREY, COLOUR[:1, :1], GREY[:2, :3]], ids=["c", "g", "dot", "few"])
def test_what_comes_out_is_a_picture_of_the_same_kind(name, pixels):
    before = pixels.copy()
    for strength in corruptions.STRENGTHS:
        found = made(pixels, name, strength)
        assert found.dtype == np.uint8 and found.ndim == pixels.ndim and min(found.shape) >= 1
        assert name == "crop" or found.shape == pixels.shape
    assert (pixels == before).all()


@pytest.mark.parametrize("name", ["noise", "gamma", "rotation", "crop", "hair"])
def test_the_same_seed_draws_the_same_and_another_does_not(name):
    assert (made(COLOUR, name, 3) == made(COLOUR, name, 3)).all()
    found = [made(COLOUR, name, 3, seed) for seed in range(8)]
    assert any(one.shape != found[0].shape or (one != found[0]).any() for one in found[1:])


def test_a_film_that_is_stored_in_colour_stays_grey():
    film_in_colour = np.repeat(GREY[..., None], 3, axis=2)
    for name in corruptions.names("chest"):
        found = made(film_in_colour, name, 4).astype(int)
        assert np.ptp(found, axis=2).max() <= 3, name


def test_a_crop_leaves_the_share_that_the_table_says():
    found = made(COLOUR, "crop", 5)
    assert found.shape[:2] == (90 - 27, 120 - 36)


def test_a_large_frame_is_blurred_as_much_as_its_small_copy():
    large = cv2.resize(GREY, (448, 448), interpolation=cv2.INTER_CUBIC)
    small = made(GREY, "blur", 4).astype(float)
    shrunk = cv2.resize(made(large, "blur", 4), (112, 112), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(small - shrunk).mean() < 0.1 * np.abs(small - GREY).mean() + 1


def test_hair_is_dark_and_thin():
    skin = np.full((150, 200, 3), (224, 180, 150), np.uint8)
    found = made(skin, "hair", 3)
    darker = (found.astype(int).sum(-1) < skin.astype(int).sum(-1) - 60).mean()
    assert 0.005 < darker < 0.25 and (found <= skin).all()


def test_hair_lies_on_skin_only():
    assert "hair" in corruptions.names("skin") and "hair" not in corruptions.names("chest")


def test_quality_100_changes_next_to_nothing_and_30_more():
    harms = [np.abs(corruptions.stored(COLOUR, q).astype(int) - COLOUR).mean() for q in (100, 70, 30)]
    assert harms[0] < 2 and harms == sorted(harms)


def test_jpeg_keeps_the_order_of_the_colours():
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    assert corruptions.stored(red, 95)[8, 8].argmax() == 0


@pytest.mark.parametrize("kernel", robustness.KERNELS)
@pytest.mark.parametrize("pixels", [COLOUR, GREY], ids=["colour", "grey"])
def test_every_kernel_makes_the_size_that_was_asked_for(kernel, pixels):
    for size in robustness.SIZES:
        found = robustness.resampled(pixels, kernel, size)
        height, width = pixels.shape[:2]
        assert found.shape[:2] == (round(height * size), round(width * size))
        assert abs(found.mean() - pixels.mean()) < 3
    assert robustness.resampled(pixels[:1, :1], kernel, 0.5).shape[:2] == (1, 1)
