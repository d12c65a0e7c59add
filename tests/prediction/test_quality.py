"""An ordinary picture carries no warning; a spoilt one carries the one that fits."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from util.imaging import Facts, Photograph
from util.prediction.quality import colourfulness, quality_warnings, sharpness

DATA = Path(os.environ.get("PENUMBRA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MODALITIES = ("skin", "chest", "breast")


def picture(modality, height=300, width=400):
    """Structure at all scales: grey for films, coloured elsewhere."""
    rng = np.random.default_rng(3)
    grey = np.zeros((height, width), np.float32)
    for scale in (6, 12, 40):
        noise = rng.normal(size=(height // scale + 1, width // scale + 1)).astype(np.float32)
        grey += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = 128 + 40 * grey / grey.std()
    tint = np.array([1, 1, 1]) if modality == "chest" else np.array([1.2, 0.9, 0.8])
    return np.clip(grey[..., None] * tint, 5, 245).astype(np.uint8)


def names(pixels, modality, **facts):
    height, width = pixels.shape[:2]
    told = replace(Facts("PNG", width, height, "RGB", 8), **facts)
    sentences = quality_warnings(Photograph(np.ascontiguousarray(pixels), told, "0" * 64), modality)
    assert all(sentence.text("en") and sentence.text("fr") for sentence in sentences)
    return [sentence.key.removeprefix("prediction.quality_") for sentence in sentences]


@pytest.mark.parametrize("modality", MODALITIES)
def test_an_ordinary_picture_has_no_warning(modality):
    assert names(picture(modality), modality) == []


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda p: p // 4, "dark"),
        (lambda p: 220 + p // 8, "bright"),
        (lambda p: 120 + (p.astype(int) - 128) // 40, "contrast"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 30), "blurred"),
    ],
    ids=["dark", "bright", "contrast", "blurred"],
)
def test_a_spoilt_picture_has_the_warning_that_fits(modality, spoil, expected):
    pixels = np.clip(spoil(picture(modality)), 0, 255).astype(np.uint8)
    if expected == "blurred":  # blurring flattens: stretch it again
        low, high = pixels.min(), pixels.max()
        pixels = ((pixels.astype(float) - low) / (high - low) * 220 + 15).astype(np.uint8)
    assert expected in names(pixels, modality)


def test_a_coloured_film_and_a_grey_lesion_are_noticed():
    assert names(picture("skin"), "chest") == ["coloured_film"]
    assert names(picture("chest"), "skin") == ["grey_image"]
    assert names(picture("chest")[..., 0], "breast") == ["grey_image"]
    assert names(picture("chest")[..., 0], "chest") == []


@pytest.mark.parametrize(
    ("part", "expected"), [("KNEE", ["other_part"]), ("Chest", []), ("THORAX", []), (None, [])]
)
def test_the_body_part_in_the_file_must_be_a_chest(part, expected):
    assert names(picture("chest"), "chest", body_part=part) == expected


def test_a_model_of_another_kind_has_no_limits_to_break():
    assert names(picture("skin") // 4, "retina") == []


def test_blurring_lowers_sharpness_step_by_step():
    pixels = picture("chest")
    found = [sharpness(pixels)] + [sharpness(cv2.GaussianBlur(pixels, (0, 0), s)) for s in (2, 4, 8, 16)]
    assert found == sorted(found, reverse=True)


def test_a_picture_and_its_copy_twice_as_large_are_equally_sharp():
    pixels = picture("skin")
    large = cv2.resize(pixels, (800, 600), interpolation=cv2.INTER_LINEAR)
    assert sharpness(large) == pytest.approx(sharpness(pixels), rel=0.15)


def test_a_blank_picture_has_no_sharpness_and_no_colour():
    blank = np.full((40, 40, 3), 90, np.uint8)
    assert sharpness(blank) == 0 and colourfulness(blank) == 0


@pytest.mark.skipif(not (DATA / "skin" / "index.csv").is_file(), reason="no data")
@pytest.mark.parametrize("modality", MODALITIES)
def test_real_training_images_rarely_carry_a_warning(modality):
    with (DATA / modality / "index.csv").open() as file:
        paths = [row["path"] for row in csv.DictReader(file)]
    chosen = np.random.default_rng(9).choice(paths, 150, replace=False)
    warned = 0
    for path in chosen:
        pixels = cv2.imread(str(DATA / modality / path))[..., ::-1]
        warned += bool(names(pixels, modality))
    assert warned <= 6
