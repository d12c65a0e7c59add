"""The drawn samples: enough of them, readable, lossless, the same each time, called synthetic."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from util.samples import breast, chest, samples, skin

MODALITIES = ("chest", "skin", "breast")


@pytest.mark.parametrize("modality", MODALITIES)
def test_each_modality_has_at_least_four_ordinary_samples_with_keys_of_their_own(modality):
    found = samples(modality)
    assert sum(not sample.odd for sample in found) >= 4
    assert len({sample.key for sample in found}) == len(found)
    assert all(sample.modality == modality for sample in found)


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_title_says_synthetic_in_both_languages(modality):
    for sample in samples(modality):
        assert "synthetic" in sample.title.text("en")
        assert "synthétique" in sample.title.text("fr")


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_png_holds_exactly_the_pixels(modality):
    for sample in samples(modality):
        again = np.asarray(Image.open(io.BytesIO(sample.png())))
        assert np.array_equal(again, sample.pixels)


def test_an_unknown_modality_has_no_samples():
    assert samples("brain") == ()


def test_pixels_cannot_be_written():
    with pytest.raises(ValueError):
        samples("breast")[0].pixels[0, 0] = 0


@pytest.mark.parametrize(
    "draw",
    [lambda: chest.film(chest.CHILDREN["lobar"]), skin.naevus, breast.invasive],
    ids=["chest", "skin", "breast"],
)
def test_drawing_twice_gives_the_same_pixels(draw):
    assert np.array_equal(draw(), draw())


def test_a_filled_lobe_is_whiter_than_the_same_lung_without_it():
    child = chest.CHILDREN["lobar"]
    x, y, *_ = child.patches[0]
    row, column = int(y * chest.HEIGHT), int(x * chest.WIDTH)
    spot = np.s_[row - 20 : row + 20, column - 20 : column + 20]
    filled, clear = chest.film(child), chest.film(replace(child, patches=()))
    assert filled[spot].mean() > clear[spot].mean() + 20
    assert abs(int(filled[500:, 300:400].mean()) - int(clear[500:, 300:400].mean())) < 6


def test_air_around_the_body_is_black_and_lungs_are_darker_than_the_heart():
    film = chest.film(chest.CHILDREN["clear"])
    assert film[500:, :10].mean() < 15
    assert film[250:300, 180:240].mean() + 40 < film[380:420, 360:420].mean()


def test_crowded_nuclei_are_bluer_than_quiet_stroma():
    crowded, quiet = breast.invasive().mean((0, 1)), breast.stroma().mean((0, 1))
    assert crowded[0] < quiet[0] - 15
    assert crowded[2] - crowded[0] > quiet[2] - quiet[0]


def test_a_lesion_is_darker_than_the_skin_around_it():
    for lesion in (skin.naevus, skin.melanoma, skin.keratosis):
        pixels = lesion().astype(int)
        assert pixels[200:250, 270:330].mean() + 25 < pixels[60:100, 250:350].mean()


def test_every_ordinary_breast_sample_is_one_training_patch_in_size():
    assert all(sample.pixels.shape == (50, 50, 3) for sample in samples("breast"))


def test_skin_samples_bring_the_metadata_that_a_person_could_enter():
    assert all(
        sample.metadata.age and sample.metadata.sex and sample.metadata.site for sample in _ordinary("skin")
    )


def _ordinary(modality):
    return [sample for sample in samples(modality) if not sample.odd]
