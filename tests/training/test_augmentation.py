"""Augmentation: what changes and what must not."""

import numpy as np
import pytest

from util.training.augmentation import augmented
from util.training.configuration import configuration


def picture(side: int = 60) -> np.ndarray:
    ramp = np.linspace(40, 200, side).astype(np.uint8)
    return np.stack(
        [np.tile(ramp, (side, 1)), np.tile(ramp[:, None], (1, side)), np.full((side, side), 90)], -1
    ).astype(np.uint8)


def test_without_options_the_picture_is_only_resized():
    same = augmented(picture(), 60, {}, np.random.default_rng(0))
    assert np.abs(same.astype(int) - picture()).max() <= 1


def test_a_horizontal_flip_mirrors_and_nothing_else():
    seen = set()
    for seed in range(20):
        out = augmented(picture(), 60, {"flip": "horizontal"}, np.random.default_rng(seed)).astype(int)
        mirrored = bool(out[30, 5, 0] > 100)
        wanted = picture()[:, ::-1] if mirrored else picture()
        assert np.abs(out - wanted).max() <= 1
        seen.add(mirrored)
    assert seen == {True, False}


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_every_recipe_gives_pictures_of_the_input_size_that_differ_by_seed(modality):
    config = configuration(modality)
    source = picture() if modality != "chest" else np.repeat(picture()[..., :1], 3, axis=2)
    first, again, other = (
        augmented(source, config.img_size, config.augmentation, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert first.shape == (config.img_size, config.img_size, 3) and first.dtype == np.uint8
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_an_x_ray_stays_grey_under_its_recipe():
    source = np.repeat(picture()[..., :1], 3, axis=2)
    for seed in range(30):
        out = augmented(source, 50, configuration("chest").augmentation, np.random.default_rng(seed)).astype(
            int
        )
        assert np.abs(out[..., 0] - out[..., 2]).max() <= 1
