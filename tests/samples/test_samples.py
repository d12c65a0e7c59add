"""The drawn samples: enough of them, readable, lossless, the same each time, called synthetic."""

import io

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
