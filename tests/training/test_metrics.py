"""Figures against hand-computed values and scikit-learn."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from tests.networks import card_mapping
from util.modelstore.mapping import from_mapping
from util.prediction.arithmetic import decide, probabilities
from util.training import metrics
from util.training.metrics import (
    area_under_roc,
    average_precision,
    brier,
    class_figures,
    expected_calibration_error,
    figures,
    maximum_calibration_error,
    weighted_figures,
    weighted_intervals,
    with_intervals,
)


def card_of(modality: str, tmp_path):
    mapping = card_mapping(modality, familiarity=None)
    return from_mapping({**mapping, "sha256": "0" * 64}, tmp_path)


def answers(card, n: int = 400, seed: int = 0):
    """Scores, target and group of a model that is right more often than not, with ties."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, len(card.labels), n)
    scores = rng.normal(size=(n, card.units))
    if card.units == 1:
        scores[:, 0] += 2 * target - 1
    else:
        scores[np.arange(n), target] += 1.5
    return np.round(scores, 1), target, np.array([f"g{i}" for i in rng.integers(0, n // 2, n)])


def test_auc_is_that_of_scikit_learn_ties_included():
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 20, 300), rng.random(300) < 0.3
    assert area_under_roc(score, positive) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)
    wanted = average_precision_score(positive, score)
    assert average_precision(score, positive) == pytest.approx(wanted, abs=1e-12)


def test_areas_without_positives_are_not_a_number():
    assert np.isnan(area_under_roc(np.arange(4.0), np.zeros(4, bool)))
    assert np.isnan(average_precision(np.arange(4.0), np.zeros(4, bool)))
    assert np.isnan(average_precision(np.arange(4.0), np.ones(4, bool)))


def test_calibration_error_by_hand():
    # Two bins: mean confidence 0.95 with 1 of 2 right, and 0.05 with 0 of 1 right.
    confidence, right = np.array([0.95, 0.95, 0.05]), np.array([True, False, False])
    assert expected_calibration_error(confidence, right) == pytest.approx((2 * 0.45 + 1 * 0.05) / 3)
    assert maximum_calibration_error(confidence, right) == pytest.approx(0.45)


def test_confidence_one_falls_in_the_last_bin():
    assert expected_calibration_error(np.ones(3), np.ones(3, bool)) == 0


def test_brier_by_hand():
    assert brier(np.array([[0.8, 0.2]]), np.array([0])) == pytest.approx(0.08)


def test_each_class_against_the_rest_is_that_of_scikit_learn(tmp_path):
    card = card_of("skin", tmp_path)
    scores, target, _ = answers(card)
    chances, decided = probabilities(scores, card), decide(scores, card)
    found = class_figures(chances, decided, target, card)(np.ones((1, len(target))))
    for k, label in enumerate(card.labels):
        truth, said = target == k, decided == k
        assert found[f"{label}/precision"][0] == pytest.approx(precision_score(truth, said))
        assert found[f"{label}/recall"][0] == pytest.approx(recall_score(truth, said))
        assert found[f"{label}/f1"][0] == pytest.approx(f1_score(truth, said))
        assert found[f"{label}/specificity"][0] == pytest.approx(recall_score(~truth, ~said))
        assert found[f"{label}/pr_auc"][0] == pytest.approx(average_precision_score(truth, chances[:, k]))


@pytest.mark.parametrize("modality", ["skin", "breast"])
def test_a_weight_of_two_is_an_image_that_is_there_twice(tmp_path, modality):
    card = card_of(modality, tmp_path)
    scores, target, _ = answers(card, 120)
    counts = np.random.default_rng(1).integers(0, 3, len(target))
    rows = np.repeat(np.arange(len(target)), counts)
    weighted = weighted_figures(scores, target, card)(counts[None].astype(float))
    repeated = figures(scores[rows], target[rows], card)
    assert set(weighted) == set(repeated)
    for name, value in repeated.items():
        assert weighted[name][0] == pytest.approx(value, abs=1e-9), name


def test_f1_is_nothing_where_no_sick_image_is_called_sick_and_no_number_where_there_is_none(tmp_path):
    card = card_of("breast", tmp_path)
    harmless = np.full((4, 1), -50.0)
    missed = figures(harmless, np.array([0, 0, 1, 1]), card)
    assert missed["f1"] == missed["sensitivity"] == 0 and np.isnan(missed["precision"])
    assert np.isnan(figures(harmless, np.zeros(4, int), card)["f1"])
    scores, target, _ = answers(card)
    said = decide(scores, card)
    assert figures(scores, target, card)["f1"] == pytest.approx(f1_score(target, said))


def test_both_ways_to_intervals_draw_the_same_groups(tmp_path):
    card = card_of("skin", tmp_path)
    scores, target, group = answers(card, 150)
    fast = weighted_intervals(weighted_figures(scores, target, card), group, 30)
    slow = with_intervals(lambda rows: figures(scores[rows], target[rows], card), group, 30)
    for name, figure in slow.items():
        assert dataclasses.astuple(fast[name]) == pytest.approx(dataclasses.astuple(figure), abs=2e-4), name


def test_draws_are_the_same_however_many_are_done_at_once(tmp_path, monkeypatch):
    card = card_of("breast", tmp_path)
    scores, target, group = answers(card, 100)
    whole = weighted_intervals(weighted_figures(scores, target, card), group, 25)
    monkeypatch.setattr(metrics, "_AT_ONCE", 7)
    assert weighted_intervals(weighted_figures(scores, target, card), group, 25) == whole


def test_images_drawn_too_often_weigh_less(tmp_path):
    # Every second image of the sick class is there three times: weights of a third give the plain figure back.
    card = card_of("breast", tmp_path)
    scores, target, group = answers(card, 200)
    rows = np.concatenate([np.arange(200), np.flatnonzero(target == 1), np.flatnonzero(target == 1)])
    weights = np.where(target[rows] == 1, 1 / 3, 1.0)
    measure = weighted_figures(scores[rows], target[rows], card)
    found = weighted_intervals(measure, group[rows], 5, weights=weights)
    for name, value in figures(scores, target, card).items():
        assert found[name].value == pytest.approx(value, abs=1e-4), name


def test_calibration_before_and_after_are_told_apart(tmp_path):
    card = card_of("breast", tmp_path)
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 2, 4000)
    target = (rng.random(4000) < 1 / (1 + np.exp(-logit))).astype(int)
    fitted = dataclasses.replace(card.calibration, temperature=3.0, bias=(0.0,))
    found = figures(3 * logit[:, None], target, dataclasses.replace(card, calibration=fitted))
    assert found["ece"] < 0.03 < 0.1 < found["ece_before"] and found["mce"] >= found["ece"]


def test_intervals_are_wider_when_images_come_in_groups():
    rng = np.random.default_rng(0)
    per_group = rng.normal(size=40)
    values, group = np.repeat(per_group, 25), np.repeat(np.arange(40), 25)

    def mean(rows):
        return {"mean": float(values[rows].mean())}

    by_group = with_intervals(mean, group, 300)["mean"]
    by_image = with_intervals(mean, np.arange(1000), 300)["mean"]
    assert by_group.value == by_image.value
    assert by_group.low <= by_group.value <= by_group.high
    assert by_group.high - by_group.low > 3 * (by_image.high - by_image.low)
