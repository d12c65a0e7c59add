"""Curves of a linear model, whose areas are known in closed form, and of a small network through its asker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import networks
from util.explanation.controls import random_map
from util.explanation.faithfulness import (
    BASELINES,
    Curves,
    begin,
    chances,
    curves,
    faithfulness,
    ranking,
    without,
)
from util.language import LANGUAGES

SIDE = 20
PIXELS = SIDE * SIDE
WHITE = np.full((SIDE, SIDE, 3), 255, np.uint8)


def linear(weights):
    """A model whose answer is the sum of `weights` (H, W) over white pixels, and the batches it was asked."""
    asked = []

    def ask(total, make):
        asked.append(total)
        pictures = np.concatenate([make(start, min(start + 7, total)) for start in range(0, total, 7)])
        assert pictures.dtype == np.uint8
        return (pictures.mean(axis=-1) / 255 * weights).sum(axis=(1, 2))

    ask.asked = asked
    return ask


def falling(seed=0):
    """Contributions that fall in even steps from pixel to pixel, shuffled; their sum is 1."""
    ordered = (2 * (PIXELS - np.arange(PIXELS)) - 1) / PIXELS**2
    return np.random.default_rng(seed).permutation(ordered).reshape(SIDE, SIDE)


@pytest.mark.parametrize("steps", [2, 5, 20])
def test_a_linear_model_explained_by_its_truth_has_the_areas_of_the_closed_form(steps):
    truth = falling()
    found = curves(begin(linear(truth), WHITE, steps=steps, baseline="black"), truth)
    u = np.arange(steps + 1) / steps
    # The first share u of falling contributions sums to 2u - u^2; the trapezoid rule adds 1 / (6 steps^2) to 1/3.
    np.testing.assert_allclose(found.shares, u)
    np.testing.assert_allclose(found.deletion, (1 - u) ** 2, atol=1e-12)
    np.testing.assert_allclose(found.insertion, 2 * u - u**2, atol=1e-12)
    assert found.deletion_area == pytest.approx(1 / 3 + 1 / (6 * steps**2))
    assert found.insertion_area == pytest.approx(2 / 3 - 1 / (6 * steps**2))


def test_the_reversed_truth_is_the_worst_map():
    truth = falling()
    trial = begin(linear(truth), WHITE, baseline="black")
    best, worst = curves(trial, truth), curves(trial, -truth)
    assert worst.deletion_area == pytest.approx(best.insertion_area)
    rng = np.random.default_rng(1)
    for _ in range(5):
        other = curves(trial, rng.random((SIDE, SIDE)))
        assert best.deletion_area < other.deletion_area < worst.deletion_area
        assert worst.insertion_area < other.insertion_area < best.insertion_area


def test_a_map_of_no_knowledge_has_half_the_area():
    truth = falling()
    trial = begin(linear(truth), WHITE, baseline="black")
    rng = np.random.default_rng(2)
    found = [curves(trial, rng.random((SIDE, SIDE))) for _ in range(20)]
    assert np.mean([one.deletion_area for one in found]) == pytest.approx(0.5, abs=0.01)
    assert np.mean([one.insertion_area for one in found]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_map_that_is_the_truth_beats_every_control(baseline):
    rng = np.random.default_rng(3)
    pixels = rng.integers(150, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    # The answer hangs on a spot away from the middle, brighter than what replaces it.
    truth = np.zeros((SIDE, SIDE))
    truth[2:7, 12:18] = 1 / 30
    pixels[2:7, 12:18] = 255
    asked = linear(truth)
    found = faithfulness(asked, pixels, {"truth": truth, "blank": np.zeros((SIDE, SIDE))}, baseline=baseline)
    assert found.beats("truth", "random") == (True, True)
    assert found.beats("truth", "gaussian") == (True, True)
    assert found.beats("truth", "edges") == (True, True)
    assert found.remarks("truth") == ()
    assert found.passes == sum(asked.asked)
    assert found.baseline == baseline


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_that_loses_and_one_that_is_blank_are_said_to_be_so(language):
    truth = falling()
    maps = {"wrong": -truth, "blank": np.full((SIDE, SIDE), 0.3)}
    found = faithfulness(linear(truth), WHITE, maps, steps=5, baseline="black")
    # A white picture has no edges: that control is left out.
    assert found.controls["edges"] is None and found.beats("wrong", "edges") is None
    assert found.beats("wrong", "random") == (False, False)
    said = [remark.text(language) for remark in found.remarks("wrong")]
    assert len(said) == 2 and all("wrong" in text for text in said)
    assert found.maps["blank"] is None and found.beats("blank", "random") is None
    assert "blank" in found.remarks("blank")[0].text(language)
    assert "5" in found.setting().text(language)


@pytest.mark.parametrize(
    ("deletion", "insertion", "key"),
    [
        (0.4, 0.4, "loses_insertion"),
        (0.6, 0.6, "loses_deletion"),
        (0.6, 0.4, "loses_both"),
        (0.5, 0.5, "loses_both"),
    ],
)
def test_each_way_of_losing_has_its_own_words(deletion, insertion, key):
    from util.explanation.faithfulness import Faithfulness

    def flat(one, other):
        return Curves(np.array([0.0, 1.0]), np.full(2, one), np.full(2, other))

    found = Faithfulness(
        {"m": flat(deletion, insertion)}, {"random": flat(0.5, 0.5)}, "mean", 2, 6, 20, 0.9, 0.1
    )
    assert [remark.key for remark in found.remarks("m")] == [f"measures.{key}"]
    for language in LANGUAGES:
        assert "m" in found.remarks("m")[0].text(language)
        assert all("0" in sentence.text(language) for sentence in found.maps["m"].sentences())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_baseline_that_gets_the_same_answer_is_said_to_leave_no_room(language):
    truth = falling()
    assert faithfulness(linear(truth), WHITE, {}, steps=2, baseline="black").caution() is None
    # Blurred white is white: nothing was taken away.
    same = faithfulness(linear(truth), WHITE, {}, steps=2, baseline="blurred")
    assert same.whole == same.gone == pytest.approx(1)
    assert "1" in same.caution().text(language)
    ends = {baseline: replace(same, baseline=baseline).caution().text(language) for baseline in BASELINES}
    assert len(set(ends.values())) == len(BASELINES)
    rising = faithfulness(linear(-truth), WHITE, {}, steps=2, baseline="black")
    assert rising.whole < rising.gone and rising.caution() is not None


def test_ties_are_broken_the_same_way_each_time_and_without_a_direction():
    heat = np.zeros((40, 40))
    heat[3, 5] = 1
    places = ranking(heat)
    assert places[3, 5] == 0
    np.testing.assert_array_equal(places, ranking(heat))
    np.testing.assert_array_equal(np.sort(places, axis=None), np.arange(1600))
    # The first half of the ties lies as often above as below, left as right.
    early = places < 800
    for half in (early[:20], early[20:], early[:, :20], early[:, 20:]):
        assert half.mean() == pytest.approx(0.5, abs=0.05)


def test_negative_evidence_goes_last():
    heat = np.array([[-5.0, 0, 3, -1]])
    np.testing.assert_array_equal(ranking(heat), [[3, 1, 0, 2]])


def test_what_replaces_a_pixel_is_what_its_name_says():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    pixels[..., 0] //= 4
    assert not without(pixels, "black").any()
    colour = np.rint(pixels.mean(axis=(0, 1)))
    assert (without(pixels, "mean") == colour).all()
    blurred = without(pixels, "blurred")
    assert blurred.dtype == np.uint8 and blurred.std(axis=(0, 1)).max() < 8
    np.testing.assert_allclose(blurred.mean(axis=(0, 1)), colour, atol=3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"steps": 1}, "at least 2 steps"), ({"baseline": "pink"}, "blurred, mean, black")],
)
def test_a_setting_that_is_none_is_refused(changes, expected):
    with pytest.raises(ValueError, match=expected):
        begin(linear(falling()), WHITE, **changes)


@pytest.mark.parametrize("heat", [np.zeros((3, 3)), np.full((SIDE, SIDE), np.nan)])
def test_a_map_that_does_not_fit_is_refused(heat):
    with pytest.raises(ValueError, match="finite map"):
        curves(begin(linear(falling()), WHITE), heat)


@pytest.fixture(
    scope="module", params=[("chest", networks.flat), ("skin", networks.fused)], ids=["flat", "fused"]
)
def asked(request, tmp_path_factory):
    """A small network, its prediction of one picture, and that picture."""
    from util.modelstore import open_network
    from util.prediction import Metadata, predict
    from util.preparation import Prepared

    modality, build = request.param
    card = networks.write_model(
        tmp_path_factory.mktemp("models"), build(), networks.card_mapping(modality, familiarity=None)
    )
    network = open_network(card)
    pixels = np.random.default_rng(4).integers(0, 256, (networks.SIDE, networks.SIDE, 3), dtype=np.uint8)
    return network, predict(network, Prepared(pixels, (), (0.0, 0.0, 48.0, 48.0)), Metadata(age=50)), pixels


def test_through_an_asker_curves_begin_at_the_probability_that_the_app_says(asked):
    from util.explanation.asker import Asker

    network, prediction, pixels = asked
    seen = []
    asker = Asker(network, 1)
    found = faithfulness(
        chances(asker, prediction.encoded),
        pixels,
        {"some": random_map(pixels.shape[:2], 9)},
        steps=4,
        progress=lambda done, total: seen.append((done, total)),
    )
    every = [one for one in (*found.maps.values(), *found.controls.values())]
    for one in every:
        assert one.deletion[0] == one.insertion[-1] == pytest.approx(prediction.probabilities[1], abs=1e-5)
        assert one.deletion[-1] == one.insertion[0] == every[0].insertion[0]
        for area in (one.deletion_area, one.insertion_area):
            assert 0 <= area <= 1
    assert asker.passes == found.passes == 4 * 6 + 2
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_batch_of_the_asker_does_not_change_the_curves(asked):
    from util.explanation.asker import Asker

    network, prediction, pixels = asked
    heat = random_map(pixels.shape[:2], 2)
    one, other = (
        curves(begin(chances(Asker(network, 0, batch=batch), prediction.encoded), pixels, steps=6), heat)
        for batch in (3, 32)
    )
    np.testing.assert_allclose(one.deletion, other.deletion, atol=1e-6)
    np.testing.assert_allclose(one.insertion, other.insertion, atol=1e-6)


def test_who_cancels_gets_no_curves(asked):
    from util.explanation.asker import Asker, Cancelled

    network, prediction, pixels = asked
    asker = Asker(network, 0, batch=4, cancelled=lambda: asker.passes >= 6)
    with pytest.raises(Cancelled):
        faithfulness(
            chances(asker, prediction.encoded), pixels, {"m": random_map(pixels.shape[:2])}, steps=10
        )
    assert asker.passes == 6
