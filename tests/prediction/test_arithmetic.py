"""From scores to probabilities, decisions and bands: by hand, and by properties over many scores."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import expit, softmax

from tests.networks import card_arrays, card_mapping
from util.modelstore import save_card
from util.modelstore.card import Calibration, Conformal, Decision, GreyZone
from util.prediction import (
    BANDS,
    band,
    band_indices,
    calibrated,
    class_scores,
    danger_probability,
    decide,
    distances,
    prediction_sets,
    probabilities,
    raw_probabilities,
)

MANY = np.random.default_rng(0).normal(0, 4, (500, 8))
ONE = np.concatenate([np.random.default_rng(1).normal(0, 4, (500, 1)), [[0.0], [800.0], [-800.0]]])


@pytest.fixture(scope="module")
def card_of(tmp_path_factory):
    """A card of a modality with some fields replaced."""
    folder = tmp_path_factory.mktemp("cards")

    def make(modality, **changes):
        place = folder / modality
        place.mkdir(exist_ok=True)
        (place / "model.h5").write_bytes(b"not opened here")
        return dataclasses.replace(save_card(card_mapping(modality), place, card_arrays()), **changes)

    return make


def test_softmax_is_scipys():
    np.testing.assert_allclose(raw_probabilities(MANY, "softmax"), softmax(MANY, axis=-1), atol=1e-14)


def test_sigmoid_of_one_unit_is_scipys_for_both_classes():
    expected = np.concatenate([expit(-ONE), expit(ONE)], axis=-1)
    np.testing.assert_allclose(raw_probabilities(ONE, "sigmoid"), expected, atol=1e-14)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_rows_sum_to_one_and_stay_finite_at_the_extremes(activation):
    scores = np.array([[1e4], [-1e4]]) if activation == "sigmoid" else np.array([[1e4, -1e4], [3e5, 3e5]])
    found = raw_probabilities(scores, activation)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=-1), 1)


def test_one_image_gives_the_same_as_the_same_image_in_a_batch():
    np.testing.assert_array_equal(
        raw_probabilities(MANY[3], "softmax"), raw_probabilities(MANY, "softmax")[3]
    )
    np.testing.assert_array_equal(raw_probabilities(ONE[3], "sigmoid"), raw_probabilities(ONE, "sigmoid")[3])


def test_no_images_give_no_rows():
    assert raw_probabilities(np.empty((0, 1)), "sigmoid").shape == (0, 2)


def test_class_scores_of_one_unit_are_minus_and_plus_the_logit():
    np.testing.assert_array_equal(class_scores(np.array([[2.0], [-1.0]])), [[-2, 2], [1, -1]])
    assert class_scores(MANY) is MANY


def test_calibration_by_hand():
    halved = Calibration(2.0, (np.log(3.0),), "x", 1)
    np.testing.assert_allclose(calibrated(np.array([0.0]), halved, "sigmoid"), [0.25, 0.75])
    np.testing.assert_allclose(calibrated(np.array([2.0]), halved, "sigmoid")[1], expit(1 + np.log(3)))


def test_the_bias_puts_a_prior_back():
    prior = np.array([0.7, 0.2, 0.1])
    fitted = Calibration(1.0, tuple(np.log(prior)), "x", 1)
    np.testing.assert_allclose(calibrated(np.zeros(3), fitted, "softmax"), prior)


def test_a_higher_temperature_is_less_sure():
    tops = [
        calibrated(MANY, Calibration(t, (0.0,) * 8, "x", 1), "softmax").max(axis=-1).mean()
        for t in (0.5, 1, 2, 8)
    ]
    assert tops == sorted(tops, reverse=True)


def test_without_a_calibration_the_probabilities_are_the_raw_ones(card_of):
    card = card_of("skin", calibration=None)
    np.testing.assert_array_equal(probabilities(MANY, card), raw_probabilities(MANY, "softmax"))


def test_the_danger_is_the_sum_of_the_classes_that_must_not_be_missed(card_of):
    card = card_of("skin")
    chances = raw_probabilities(MANY, "softmax")
    columns = [card.labels.index(label) for label in ("MEL", "BCC", "SCC", "AK")]
    found = danger_probability(chances, card)
    np.testing.assert_allclose(found, chances[:, columns].sum(axis=1))
    assert ((found >= 0) & (found <= 1)).all()


def test_argmax_decides_on_scores_over_temperature_plus_offsets(card_of):
    offsets = tuple(np.linspace(-3, 3, 8))
    card = card_of("skin", decision=Decision("argmax", "x", offsets=offsets))
    expected = (MANY / card.calibration.temperature + np.array(offsets)).argmax(axis=1)
    np.testing.assert_array_equal(decide(MANY, card), expected)
    assert (expected != MANY.argmax(axis=1)).any()


def test_argmax_of_one_unit_is_the_sign_of_the_shifted_logit(card_of):
    card = card_of("breast", calibration=None, decision=Decision("argmax", "x", offsets=(1.0,)))
    np.testing.assert_array_equal(decide(np.array([[-2.0], [-0.5], [3.0]]), card), [0, 1, 1])


def test_a_threshold_decides_by_the_probability_of_danger(card_of):
    card = card_of("breast", decision=Decision("threshold", "x", threshold=0.2))
    danger = danger_probability(probabilities(ONE, card), card)
    np.testing.assert_array_equal(decide(ONE, card), (danger >= 0.2).astype(int))


def test_a_threshold_over_many_classes_keeps_to_its_side(card_of):
    card = card_of("skin", decision=Decision("threshold", "x", threshold=0.3))
    chances = probabilities(MANY, card)
    dangerous = {card.labels.index(label) for label in card.danger}
    for row, decided, danger in zip(
        chances, decide(MANY, card), danger_probability(chances, card), strict=True
    ):
        side = dangerous if danger >= 0.3 else set(range(8)) - dangerous
        assert decided == max(side, key=lambda k: row[k])


def test_without_a_rule_the_most_probable_class_is_decided(card_of):
    card = card_of("skin", decision=None)
    np.testing.assert_array_equal(decide(MANY, card), probabilities(MANY, card).argmax(axis=1))


ZONE = GreyZone(0.25, 0.6, 0.1, "x", 1)


@pytest.mark.parametrize(
    ("danger", "expected"),
    [(0.0, "below"), (0.2499, "below"), (0.25, "grey"), (0.6, "grey"), (0.6001, "above"), (1.0, "above")],
)
def test_both_edges_belong_to_the_grey_zone(danger, expected):
    assert band(danger, ZONE) == expected


def test_the_bands_cover_every_probability_once_and_in_order():
    danger = np.linspace(0, 1, 100_001)
    found = band_indices(danger, ZONE)
    assert set(found) == {0, 1, 2} and (np.diff(found) >= 0).all()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.5, 0.5), (0, 0), (1, 1)])
def test_degenerate_zones_still_answer_everywhere(low, high):
    zone = GreyZone(low, high, 0.1, "x", 1)
    assert all(band(danger, zone) in BANDS for danger in np.linspace(0, 1, 101))
    assert band(low, zone) == "grey"


def test_without_a_grey_zone_there_is_no_band():
    assert band(0.5, None) is None


def test_a_class_is_kept_from_its_own_minimum_on():
    rule = Conformal(0.1, (0.2, 0.5, 0.1), "x", 1)
    np.testing.assert_array_equal(
        prediction_sets(np.array([[0.2, 0.7, 0.1], [0.19, 0.49, 0.09]]), rule), [[1, 1, 1], [0, 0, 0]]
    )


def test_distance_by_hand():
    arrays = {
        "feature_mean": np.array([1.0, 1.0, 1.0]),
        "feature_axes": np.eye(3)[:, :2],
        "feature_spread": np.array([2.0, 4.0]),
        "feature_residual": np.array([0.5]),
    }
    # (2/2)^2 and (4/4)^2 have mean 1; the residual 1 over 0.5 adds 4.
    np.testing.assert_allclose(distances(np.array([[3.0, 5.0, 2.0]]), arrays), [np.sqrt(5)])
    np.testing.assert_allclose(distances(np.array([1.0, 1.0, 1.0]), arrays), [0])


def test_distance_grows_along_every_direction():
    arrays = card_arrays()
    direction = np.random.default_rng(3).normal(size=8)
    found = distances(arrays["feature_mean"] + np.linspace(0, 5, 20)[:, None] * direction, arrays)
    assert (np.diff(found) > 0).all()
