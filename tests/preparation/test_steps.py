"""Hair, colour, X-ray and stain steps, on pictures whose right answer is known."""

import cv2
import numpy as np
import pytest

from util.preparation import PreparationError, colour_constancy, hair, stain, xray


def _skin(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    base = np.array([205, 165, 145]) + rng.normal(0, 3, (150, 150, 1))
    return np.clip(base, 0, 255).astype(np.uint8)


def test_hairless_skin_is_returned_untouched():
    skin = _skin()
    result = hair.dull_razor(skin)
    assert not result.applied and np.array_equal(result.pixels, skin)


def test_drawn_hairs_are_found_and_painted_over():
    skin, hairy, truth = _skin(), _skin(), np.zeros((150, 150), np.uint8)
    for start, end in [((5, 20), (140, 60)), ((20, 140), (90, 5)), ((0, 100), (149, 110))]:
        cv2.line(hairy, start, end, (40, 30, 25), 2, cv2.LINE_AA)
        cv2.line(truth, start, end, 1, 2)
    mask = hair.hair_mask(hairy)
    assert mask[truth == 1].mean() > 0.8
    assert mask[cv2.dilate(truth, np.ones((7, 7))) == 0].mean() < 0.01
    cleaned = hair.dull_razor(hairy)
    assert cleaned.applied
    before = np.abs(hairy.astype(int) - skin)[truth == 1].mean()
    after = np.abs(cleaned.pixels.astype(int) - skin)[truth == 1].mean()
    assert after < before / 4


def test_a_round_lesion_is_not_hair():
    skin = _skin()
    cv2.circle(skin, (75, 75), 35, (90, 55, 40), -1, cv2.LINE_AA)
    assert not hair.dull_razor(skin).applied


def test_a_grey_world_stays_as_it_is():
    grey = np.full((20, 20, 3), 120, np.uint8)
    assert np.array_equal(colour_constancy.shades_of_grey(grey).pixels, grey)


def test_a_colour_cast_is_taken_out():
    rng = np.random.default_rng(0)
    scene = rng.integers(30, 150, (40, 40, 3))
    cast = np.clip(scene * np.array([1.4, 1.0, 0.8]), 0, 255).astype(np.uint8)
    result = colour_constancy.shades_of_grey(cast).pixels.astype(float)
    means = (result**6).mean(axis=(0, 1)) ** (1 / 6)
    assert np.ptp(means) < 1.0


def test_an_all_black_channel_does_not_divide_by_zero():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[..., 0] = 90
    assert colour_constancy.shades_of_grey(picture).pixels[..., 1:].max() == 0


def test_an_empty_border_is_trimmed_and_the_film_is_kept():
    film = np.random.default_rng(0).integers(60, 200, (448, 448)).astype(np.uint8)
    film[:40], film[:, -20:] = 0, 0
    result = xray.trim_border(film)
    left, top, right, bottom = result.crop
    assert result.applied and abs(top - 40) <= 2 and abs(right - 428) <= 2
    assert (left, bottom) == (0, 448)


def test_an_original_and_its_reduced_copy_are_trimmed_alike():
    film = np.random.default_rng(1).integers(60, 200, (896, 1120)).astype(np.uint8)
    film = cv2.GaussianBlur(film, (0, 0), 4)
    film[:80] = 0
    small = cv2.resize(film, (224, 224), interpolation=cv2.INTER_AREA)
    large_top, small_top = xray.trim_border(film).crop[1] / 896, xray.trim_border(small).crop[1] / 224
    assert abs(large_top - small_top) < 0.01


def test_a_film_that_is_all_border_is_not_trimmed_away():
    result = xray.trim_border(np.zeros((100, 100), np.uint8))
    assert min(result.pixels.shape) >= 70


def test_frame_only_keeps_the_frame_and_nothing_of_the_middle():
    film = np.random.default_rng(2).integers(1, 255, (200, 100)).astype(np.uint8)
    framed = xray.frame_only(film, share=0.1).pixels
    assert not framed[20:180, 10:90].any()
    assert np.array_equal(framed[:20], film[:20]) and np.array_equal(framed[:, 90:], film[:, 90:])
    with pytest.raises(PreparationError):
        xray.frame_only(film, share=0.5)


def test_a_burnt_in_letter_is_painted_over_and_the_lungs_are_not():
    film = np.full((224, 224), 90, np.uint8)
    cv2.ellipse(film, (112, 112), (60, 80), 0, 0, 360, 150, -1)
    marked = film.copy()
    cv2.putText(marked, "R", (12, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 3)
    cleaned = xray.trim_marks(marked)
    assert cleaned.applied and np.abs(cleaned.pixels.astype(int) - film).max() < 30
    assert not xray.trim_marks(film).applied


def test_percentiles_become_black_and_white():
    ramp = np.tile(np.linspace(50, 150, 200), (200, 1)).astype(np.uint8)
    stretched = xray.percentile_clip(ramp).pixels
    assert stretched.min() == 0 and stretched.max() == 255


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_film_is_not_stretched(value):
    assert not xray.percentile_clip(np.full((10, 10), value, np.uint8)).applied


def _stained(haematoxylin: np.ndarray, eosin: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    density = haematoxylin[..., None] * vectors[:, 0] + eosin[..., None] * vectors[:, 1]
    return np.clip(240 * np.exp(-density), 0, 255).astype(np.uint8)


def test_macenko_brings_two_stainings_of_one_tissue_together():
    rng = np.random.default_rng(0)
    amounts = rng.gamma(2.0, 0.25, (2, 50, 50))
    other = np.array([[0.65, 0.10], [0.70, 0.95], [0.29, 0.30]])
    other /= np.linalg.norm(other, axis=0)
    first = _stained(*amounts, stain.MACENKO_STAINS)
    second = _stained(*(0.7 * amounts), other)
    before = np.abs(first.astype(int) - second).mean()
    after = np.abs(stain.macenko(first).pixels.astype(int) - stain.macenko(second).pixels).mean()
    assert after < before / 2


def test_reinhard_brings_the_mean_to_the_reference():
    rng = np.random.default_rng(0)
    patch = np.clip(rng.normal([170, 120, 170], 20, (50, 50, 3)), 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(stain.reinhard(patch).pixels, cv2.COLOR_RGB2LAB)
    assert np.abs(lab.mean(axis=(0, 1)) - stain.REINHARD_MEAN).max() < 3


@pytest.mark.parametrize("value", [0, 200, 255])
def test_a_patch_without_tissue_passes_through_macenko_unchanged(value):
    patch = np.full((50, 50, 3), value, np.uint8)
    result = stain.macenko(patch)
    assert not result.applied and np.array_equal(result.pixels, patch)
