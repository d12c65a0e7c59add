"""Everything fitted on validation data, on data whose truth is known."""

import numpy as np
import pytest

from util.modelstore.card import Calibration, GreyZone
from util.prediction.arithmetic import band_indices, calibrated
from util.prediction.familiarity import distances
from util.training import calibration


def overconfident(n: int = 6000, factor: float = 3.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, n)
    target = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return (factor * logit)[:, None], target


def test_the_temperature_of_an_overconfident_model_is_found():
    scores, target = overconfident()
    fitted = calibration.fit_calibration(scores, target, "sigmoid", np.zeros(1), "here")
    assert fitted.temperature == pytest.approx(3.0, rel=0.08) and fitted.n == 6000


def test_a_shifted_model_gets_its_bias_back():
    scores, target = overconfident()
    fitted = calibration.fit_calibration(scores + 3.0, target, "sigmoid", None, "here")
    assert fitted.bias[0] == pytest.approx(-1.0, abs=0.12)


def test_several_classes_share_one_temperature():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (6000, 5))
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    target = (chances.cumsum(1) > rng.random((6000, 1))).argmax(1)
    fitted = calibration.fit_calibration(2.5 * logits, target, "softmax", np.zeros(5), "here")
    assert fitted.temperature == pytest.approx(2.5, rel=0.08)
    assert np.allclose(calibrated(2.5 * logits, fitted, "softmax"), chances, atol=0.05)


def many_classes(classes: int, factor: float, n: int = 1500):
    """Scores (n, classes) too sure by `factor`, each class too rare by its own bias, and the target."""
    rng = np.random.default_rng(classes)
    logits, bias = rng.normal(0, 2, (n, classes)), rng.normal(0, 1, classes)
    return factor * logits, (logits + bias + rng.gumbel(size=logits.shape)).argmax(axis=1), bias


def loss_of(scores, target, temperature, bias) -> float:
    chances = calibrated(scores, Calibration(float(temperature), tuple(bias), "", 0), "softmax")
    return float(-np.log(np.clip(chances[np.arange(len(target)), target], 1e-12, 1)).mean())


def test_a_bias_for_each_of_many_classes_is_found():
    scores, target, bias = many_classes(20, 2.0)
    fitted = calibration.fit_calibration(scores, target, "softmax", None, "here")
    # No worse than the truth, which the fit may beat by what it learns of these very images.
    found = loss_of(scores, target, fitted.temperature, fitted.bias)
    assert found <= loss_of(scores, target, 2.0, bias) <= found + 0.03
    assert fitted.temperature == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("factor", [0.05, 1.0, 30.0])
def test_a_temperature_alone_is_that_of_a_search_without_slopes(factor):
    from scipy.optimize import minimize

    scores, target, bias = many_classes(3, factor)
    fitted = calibration.fit_calibration(scores, target, "softmax", bias, "here")
    searched = minimize(
        lambda log: loss_of(scores, target, np.exp(log[0]), bias), [0.0], method="Nelder-Mead", tol=1e-6
    )
    assert fitted.temperature == pytest.approx(float(np.exp(searched.x[0])), rel=1e-3)
    assert fitted.bias == tuple(np.round(bias, 5))


def test_scores_that_say_nothing_or_everything_get_a_temperature_that_can_be_divided_by():
    target = np.arange(200) % 2
    sure = (target - 0.5)[:, None] * np.linspace(1, 5, 200)[:, None]
    for scores in (sure, -sure):
        fitted = calibration.fit_calibration(scores, target, "sigmoid", np.zeros(1), "here")
        assert 0.001 <= fitted.temperature <= 1000


@pytest.mark.parametrize("wanted", [0.5, 0.9, 0.95, 1.0])
def test_the_threshold_keeps_the_sensitivity_and_no_higher_one_does(wanted):
    rng = np.random.default_rng(2)
    danger, sick = rng.random(500), rng.random(500) < 0.4
    threshold = calibration.threshold_at_sensitivity(danger, sick, wanted)
    assert (danger[sick] >= threshold).mean() >= wanted
    # Just above the least sick image that the threshold still finds.
    following = np.sort(danger[sick])[(danger[sick] < threshold).sum()] + 1e-6
    assert (danger[sick] >= following).mean() < wanted


def test_the_prior_is_taken_out_as_far_as_it_was_left_in():
    rng = np.random.default_rng(7)
    prior = np.array([0.8, 0.15, 0.05])
    target = rng.choice(3, 9000, p=prior)
    fair = 2.0 * np.eye(3)[target] + rng.normal(0, 1.5, (9000, 3))
    assert calibration.fit_prior_strength(fair + 0.5 * np.log(prior), target, prior) == pytest.approx(
        -0.5, abs=0.2
    )
    assert calibration.fit_prior_strength(fair, target, prior) == pytest.approx(0, abs=0.2)


def test_the_grey_zone_holds_the_unsure_middle_the_threshold_and_no_more():
    rng = np.random.default_rng(3)
    danger = rng.random(20000)
    sick = rng.random(20000) < danger
    zone = calibration.fit_grey_zone(danger, sick, 0.1, 0.5, "here")
    assert zone.low == pytest.approx(0.1, abs=0.03) and zone.high == pytest.approx(0.9, abs=0.03)
    for low, high in [(0, zone.low - 0.01), (zone.high + 0.01, 1)]:
        inside = (danger >= low) & (danger <= high)
        wrong = sick[inside] != (danger[inside] > 0.5)
        assert wrong.mean() < 0.1
    assert calibration.fit_grey_zone(danger, sick, 0.1, 0.97, "here").high == pytest.approx(0.97, abs=1e-4)


def test_equal_weights_undo_the_mix_of_the_validation_data():
    rng = np.random.default_rng(8)
    danger = rng.random(40000)
    sick = rng.random(40000) < danger
    # Three of four healthy images are lost: every frequency rises, and the weights bring it back.
    kept = sick | (rng.random(40000) < 0.25)
    at = np.linspace(0.05, 0.95, 19)
    skewed = calibration.frequencies(danger[kept], sick[kept], at)
    weighted = calibration.frequencies(danger[kept], sick[kept], at, calibration.equal_weights(sick[kept]))
    assert (skewed - at).mean() > 0.15 and np.abs(weighted - at).max() < 0.06


def test_the_three_bands_cover_every_probability_once():
    zone = GreyZone(0.3, 0.6, 0.1, "here", 10)
    grid = np.linspace(0, 1, 1001)
    assert set(band_indices(grid, zone).tolist()) == {0, 1, 2}
    assert (np.diff(band_indices(grid, zone)) >= 0).all()


def test_conformal_sets_hold_the_true_class_as_often_as_promised():
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 1.5, (8000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    target = (chances.cumsum(1) > rng.random((8000, 1))).argmax(1)
    fitted = calibration.fit_conformal(chances[:4000], target[:4000], 0.1, "here")
    held = chances[4000:][np.arange(4000), target[4000:]] >= np.array(fitted.minimum)[target[4000:]]
    for label in range(3):
        assert held[target[4000:] == label].mean() == pytest.approx(0.9, abs=0.035)


def test_a_class_with_too_few_images_is_always_kept():
    assert calibration.fit_conformal(np.full((3, 2), 0.5), np.array([0, 0, 1]), 0.1, "here").minimum == (0, 0)


def test_features_of_another_world_are_farther_away():
    rng = np.random.default_rng(5)
    basis = rng.normal(size=(8, 40))
    known = rng.normal(size=(600, 8)) @ basis + 0.1 * rng.normal(size=(600, 40))
    arrays = calibration.feature_statistics(known)
    strange = rng.normal(size=(50, 40)) * known.std()
    assert distances(strange, arrays).min() > np.quantile(distances(known, arrays), 0.99)


@pytest.mark.parametrize("images", [2, 5, 9])
def test_the_familiarity_of_a_handful_of_images_is_a_number(images):
    pooled = np.random.default_rng(5).normal(size=(images, 40)).astype(np.float32)
    arrays = calibration.feature_statistics(pooled)
    assert arrays["feature_axes"].shape == (40, 1) and np.isfinite(distances(pooled + 1, arrays)).all()


def test_reliability_lies_inside_its_interval_and_near_the_truth():
    rng = np.random.default_rng(6)
    danger = rng.random(4000)
    sick = rng.random(4000) < danger
    curve = calibration.reliability(danger, sick, np.arange(4000), draws=60)
    assert (curve["frequency_low"] <= curve["frequency"]).all()
    assert (curve["frequency"] <= curve["frequency_high"]).all()
    assert np.abs(curve["frequency"] - curve["probability"]).max() < 0.12
    assert (np.diff(curve["frequency"]) >= -1e-12).all()


def test_the_recall_offset_is_the_least_that_reaches_its_floor():
    rng = np.random.default_rng(4)
    target = rng.integers(0, 3, 300)
    scores = rng.normal(0, 1, (300, 3)) + np.eye(3)[target]
    for floor in (0.6, 0.8, 0.95):
        offset = calibration.fit_recall_offset(scores, target, 1, floor)
        recall = [((scores + [0, o, 0]).argmax(1) == 1)[target == 1].mean() for o in (offset, offset - 0.02)]
        assert recall[0] >= floor
        assert offset == 0 or recall[1] < floor + 0.02


def test_a_class_that_is_found_already_gets_no_offset():
    target = np.array([0, 0, 1, 1])
    assert calibration.fit_recall_offset(np.eye(2)[target] * 5, target, 1, 0.9) == 0
