"""The chain: what a card names is what is run."""

import numpy as np
import pytest

from util.imaging import Facts, Photograph
from util.language import entries
from util.preparation import STEPS, PreparationError, demonstrate, prepare


def photograph(*shape: int, seed: int = 0) -> Photograph:
    pixels = np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)
    return Photograph(pixels, Facts("PNG", shape[1], shape[0], "RGB", 8), "0" * 64)


SKIN = [
    {"step": "colour"},
    {"step": "centre_square"},
    {"step": "standard_scale", "side": 150},
    {"step": "resize", "side": 160},
]
BREAST = [
    {"step": "colour"},
    {"step": "scale_to_um", "target": 4.0},
    {"step": "central_window", "side": 50},
    {"step": "pad", "side": 50},
    {"step": "resize", "side": 96},
]


def test_every_step_leaves_its_picture_and_a_sentence_in_both_languages():
    prepared = prepare(photograph(450, 600, 3), SKIN)
    assert [step.name for step in prepared.steps] == [entry["step"] for entry in SKIN]
    for step in prepared.steps:
        assert step.picture.dtype == np.uint8 and not step.picture.flags.writeable
        assert step.sentence.text("en") and step.sentence.text("fr")
    assert prepared.pixels.shape == (160, 160, 3)


def test_the_window_says_which_part_of_the_photograph_the_model_saw():
    assert prepare(photograph(450, 600, 3), SKIN).window == (75, 0, 525, 450)


def test_the_window_of_a_scaled_slide_is_in_pixels_of_the_slide():
    prepared = prepare(photograph(800, 1600, 3), BREAST, um_per_pixel=0.5)
    assert prepared.window == (600, 200, 1000, 600)
    assert "preparation.window" in {warning.key for warning in prepared.warnings}


def test_padding_makes_the_window_larger_than_the_patch():
    prepared = prepare(photograph(20, 50, 3), BREAST)
    assert prepared.padded and prepared.window == (0, -15, 50, 35)


@pytest.mark.parametrize("shape", [(49, 50, 3), (50, 49, 3)])
def test_one_mirrored_line_on_the_right_or_below_counts_as_padding(shape):
    prepared = prepare(photograph(*shape), BREAST)
    assert prepared.padded and prepared.window == (0, 0, 50, 50)
    assert not prepare(photograph(50, 50, 3), BREAST).padded


def test_a_coarse_scale_does_not_enlarge_a_large_picture_without_bound():
    with pytest.raises(PreparationError, match="3,000"):
        prepare(photograph(3000, 3000, 3), BREAST, um_per_pixel=20)


def test_a_grey_picture_becomes_three_equal_channels():
    pixels = prepare(photograph(60, 80), SKIN).pixels
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_the_same_photograph_is_prepared_to_the_same_bytes():
    first, second = (prepare(photograph(300, 200, 3), SKIN).pixels.tobytes() for _ in range(2))
    assert first == second


def test_a_step_left_out_can_be_looked_at_and_changes_nothing():
    prepared = prepare(photograph(300, 200, 3), SKIN)
    before = prepared.pixels.copy()
    shown = demonstrate(prepared, [{"step": "dull_razor"}, {"step": "shades_of_grey"}])
    assert [step.name for step in shown] == ["dull_razor", "shades_of_grey"]
    assert shown[1].picture.shape == prepared.steps[-2].picture.shape
    assert np.array_equal(prepared.pixels, before)
    assert demonstrate(prepare(photograph(30, 20, 3), []), [{"step": "dull_razor"}]) == ()


@pytest.mark.parametrize("scale", [0, -1.0, 1000.0, float("nan"), float("inf")])
def test_an_impossible_scale_is_refused_in_one_sentence(scale):
    with pytest.raises(PreparationError) as caught:
        prepare(photograph(60, 60, 3), BREAST, um_per_pixel=scale)
    assert caught.value.sentence.text("fr")


def test_a_step_that_does_not_exist_and_an_option_that_does_not_exist_are_named():
    with pytest.raises(PreparationError, match="sharpen"):
        prepare(photograph(60, 60, 3), [{"step": "sharpen"}])
    with pytest.raises(PreparationError, match="resize"):
        prepare(photograph(60, 60, 3), [{"step": "resize", "sides": 3}])
    for side in (0, -1, 10**6):
        with pytest.raises(PreparationError, match=f"side {side}"):
            prepare(photograph(60, 60, 3), [{"step": "resize", "side": side}])


def test_a_step_that_changes_nothing_keeps_no_copy_of_the_picture():
    given = photograph(60, 60, 3)
    prepared = prepare(given, [{"step": "colour"}, {"step": "centre_square"}, {"step": "resize", "side": 32}])
    assert [step.applied for step in prepared.steps] == [False, False, True]
    assert prepared.steps[0].picture is prepared.steps[1].picture is given.pixels
    assert not np.shares_memory(prepared.steps[2].picture, prepared.pixels)


def test_every_step_has_a_name_for_people():
    assert {f"preparation.name_{name}" for name in STEPS} <= set(entries())


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("shape", [(1, 1, 3), (40, 33), (33, 70, 3)])
def test_every_step_answers_any_picture(name, shape):
    needs_side = name in ("standard_scale", "squash", "resize")
    entry = {"step": name} | ({"side": 40} if needs_side else {})
    step = prepare(photograph(*shape), [entry]).steps[0]
    assert min(step.picture.shape[:2]) >= 1
