"""Augmentation: what changes and what must not."""

import numpy as np
import pytest

from util.training import stain
from util.training.augmentation import _stored, augmented, shaded
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


def test_a_strength_of_none_is_one_that_is_absent():
    options = {name: None for name in ("rotation", "blur", "jpeg", "gain", "stain", "border", "flip")}
    first, bare = (augmented(picture(), 50, one, np.random.default_rng(1)) for one in (options, {}))
    assert np.array_equal(first, bare)


def test_every_quality_of_a_range_is_drawn_and_one_may_be_the_whole_range(monkeypatch):
    drawn = []
    monkeypatch.setattr("util.training.augmentation._stored", lambda picture, q: drawn.append(q) or picture)
    for low, high in ((90, 90), (40, 42)):
        for seed in range(40):
            augmented(picture(), 20, {"jpeg": 1, "jpeg_quality": (low, high)}, np.random.default_rng(seed))
        assert set(drawn) == set(range(low, high + 1))
        drawn.clear()


def test_the_largest_border_leaves_a_picture():
    for seed in range(50):
        out = augmented(picture(), 20, {"border": 0.45}, np.random.default_rng(seed))
        assert out.shape == (20, 20, 3)


def film(side: int = 40) -> np.ndarray:
    grey = np.random.default_rng(3).integers(0, 256, (side, side, 1), dtype=np.uint8)
    return np.repeat(grey, 3, axis=2)


EVERY = {
    "rotation": 20, "quarter_turns": True, "scale": [0.7, 1.1], "independent": True, "aspect": 0.1, "shift": 0.05,
    "flip": "both", "gain": 0.1, "shift_colour": 0.05, "contrast": 0.2, "brightness": 0.1, "gamma": 0.2,
    "blur": 0.4, "sharpen": 0.4, "noise": 0.5, "jpeg": 0.5, "border": 0.1, "stain": 0.1,
    "shrink": 0.5, "blur_sigma": [0.3, 2.0], "noise_levels": [2, 25], "jpeg_quality": [20, 96],
}  # fmt: skip


@pytest.mark.parametrize("options", [{}, *({name: EVERY[name]} for name in EVERY), EVERY], ids=str)
@pytest.mark.parametrize("source", [1, 7, 50])
def test_whatever_the_options_the_result_is_a_picture_of_the_asked_size(options, source):
    pixels = np.random.default_rng(0).integers(0, 256, (source, source, 3), dtype=np.uint8)
    before = pixels.copy()
    out = augmented(pixels, 24, options, np.random.default_rng(1))
    assert out.shape == (24, 24, 3) and out.dtype == np.uint8
    assert np.array_equal(pixels, before)


def test_a_film_stays_grey_under_every_option():
    options = {**EVERY, "grey": True, "stain": 0}
    for seed in range(40):
        out = augmented(film(), 32, options, np.random.default_rng(seed))
        assert np.ptp(out, axis=2).max() == 0


def test_one_channel_of_a_film_is_augmented_like_three_of_them():
    # Nothing that these options draw comes after the draws for single channels, of which a film has one.
    options = {
        "rotation": 9,
        "scale": [0.8, 1],
        "flip": "both",
        "gamma": 0.3,
        "contrast": 0.3,
        "brightness": 0.1,
    }
    for seed in range(20):
        one, three = (
            augmented(film(), 32, {**options, "grey": grey}, np.random.default_rng(seed))
            for grey in (True, False)
        )
        assert np.array_equal(one, three)
    for quality in (30, 70, 95):
        assert np.array_equal(_stored(film(), quality)[..., 0], _stored(film()[..., 0].copy(), quality))


def test_an_option_that_is_absent_draws_nothing():
    used, expected = np.random.default_rng(4), np.random.default_rng(4)
    augmented(picture(), 60, {}, used)
    # Rotation, scale, aspect, 2 of place; gamma, contrast, brightness, 3 gains, 3 shifts; 4 chances of storage.
    expected.random(5 + 9 + 4)
    assert used.random() == expected.random()


def test_each_border_is_cut_by_its_own_share_and_nothing_beyond_the_cut_is_seen():
    side, share = 100, 0.2
    # The value of a pixel says in which ring it lies: how far the nearest border is.
    near = np.minimum.outer(*2 * [np.minimum(np.arange(side), np.arange(side)[::-1])])
    rings = np.repeat((2 * near).astype(np.uint8)[..., None], 3, axis=2)
    across = np.repeat(np.tile(np.arange(side, dtype=np.uint8), (side, 1))[..., None], 3, axis=2)
    left, right = [], []
    for seed in range(60):
        out = augmented(across, side, {"border": share}, np.random.default_rng(seed))
        left.append(int(out[0, 0, 0]))
        right.append(side - 1 - int(out[0, -1, 0]))
        assert out.min() >= left[-1] and out.max() <= side - 1 - right[-1]
    assert max(left) <= share * side and max(right) <= share * side
    assert max(left) > 15 and max(right) > 15 and min(left) < 5 and min(right) < 5
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.4
    # Also where the picture is turned: what is missing is mirrored at the cut.
    turned = augmented(rings, side, {"border": share, "rotation": 45}, np.random.default_rng(2))
    top, bottom, *sides = (np.random.default_rng(2).random(4) * share * side).astype(int)
    assert turned.min() >= 2 * min(top, bottom, *sides) - 1 > 0


def test_a_restaining_by_nothing_changes_nothing():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.array_equal(stain.restained(pixels, np.ones(3), np.zeros(3)), pixels)


def test_a_factor_changes_the_amount_of_its_own_stain_only():
    pixels = np.random.default_rng(0).integers(90, 170, (32, 32, 3), dtype=np.uint8)
    before = stain.amounts(pixels)
    for channel in range(3):
        factors, offsets = np.ones(3), np.zeros(3)
        factors[channel], offsets[channel] = 1.1, 0.05
        after = stain.amounts(stain.restained(pixels, factors, offsets))
        # Rounding to 8 bits moves an optical density by half a level: 0.5 / 90, and more once unmixed.
        assert np.abs(after - (before * factors + offsets)).max() < 0.05
        assert np.abs(after - before)[..., channel].mean() > 0.03


def test_the_stains_are_those_of_ruifrok_and_johnston():
    # Pure haematoxylin is blue, pure eosin is pink; hand-computed: 256 exp(-od) - 1 for one unit of each.
    white = np.full((1, 1, 3), 255, np.uint8)
    blue = stain.restained(white, np.ones(3), np.array([1.0, 0, 0]))[0, 0]
    pink = stain.restained(white, np.ones(3), np.array([0, 1.0, 0]))[0, 0]
    assert np.abs(blue.astype(int) - [133, 126, 190]).max() <= 1
    assert np.abs(pink.astype(int) - [238, 94, 228]).max() <= 1
    assert np.allclose(stain.STAINS @ stain.STAINS[2], [0, 0, 1])


def test_stain_jitter_moves_colours_in_proportion_to_its_strength_and_around_what_they_were():
    pixels = np.random.default_rng(0).integers(120, 200, (16, 16, 3), dtype=np.uint8)
    light, strong = (
        np.array([stain.jittered(pixels, s, np.random.default_rng(i)).mean((0, 1)) for i in range(100)])
        for s in (0.05, 0.1)
    )
    assert np.all(light.std(0) > 1) and np.allclose(strong.std(0) / light.std(0), 2, atol=0.2)
    assert np.abs(light.mean(0) - pixels.mean((0, 1))).max() < 1


def test_shading_is_smooth_and_leaves_hue_and_a_strength_of_zero_alone():
    picture = np.full((64, 64, 3), (60, 90, 120), np.uint8)
    rng = np.random.default_rng(3)
    changed = shaded(picture, 0.2, rng).astype(float)
    assert changed[..., 0].std() > 2
    # Neighbours differ by a few levels at most, and the channels keep their ratios.
    assert np.abs(np.diff(changed[..., 2], axis=0)).max() < 20
    assert np.allclose(changed[..., 0] / changed[..., 2], 0.5, atol=0.02)
    assert np.array_equal(shaded(picture, 0.0, rng), picture)


def test_a_smaller_copy_loses_detail_and_keeps_the_mean():
    def detail(pixels: np.ndarray) -> float:
        return np.abs(np.diff(pixels.astype(int), axis=0)).mean()

    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    copies = [augmented(pixels, 60, {"shrink": 1.0}, np.random.default_rng(seed)) for seed in range(20)]
    assert np.mean([detail(copy) for copy in copies]) < 0.8 * detail(pixels)
    assert np.mean([copy.mean() for copy in copies]) == pytest.approx(pixels.mean(), abs=3)


@pytest.mark.parametrize(
    ("name", "range_name", "mild", "strong"),
    [("noise", "noise_levels", [1, 2], [30, 31]), ("blur", "blur_sigma", [0.3, 0.4], [3.0, 3.1])],
)
def test_a_range_says_how_strong_a_change_may_be(name, range_name, mild, strong):
    def change(levels):
        options = {name: 1.0, range_name: levels}
        out = augmented(picture(), 60, options, np.random.default_rng(0)).astype(int)
        return np.abs(out - augmented(picture(), 60, {}, np.random.default_rng(0))).mean()

    assert change(strong) > 2 * change(mild)
