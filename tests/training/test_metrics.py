"""Figures against hand-computed values and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from util.training.metrics import area_under_roc, brier, expected_calibration_error, with_intervals


def test_auc_is_that_of_scikit_learn_ties_included():
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 20, 300), rng.random(300) < 0.3
    assert area_under_roc(score, positive) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


def test_auc_without_positives_is_not_a_number():
    assert np.isnan(area_under_roc(np.arange(4.0), np.zeros(4, bool)))


def test_calibration_error_by_hand():
    # Two bins: mean confidence 0.95 with 1 of 2 right, and 0.05 with 0 of 1 right.
    confidence, right = np.array([0.95, 0.95, 0.05]), np.array([True, False, False])
    assert expected_calibration_error(confidence, right) == pytest.approx((2 * 0.45 + 1 * 0.05) / 3)


def test_confidence_one_falls_in_the_last_bin():
    assert expected_calibration_error(np.ones(3), np.ones(3, bool)) == 0


def test_brier_by_hand():
    assert brier(np.array([[0.8, 0.2]]), np.array([0])) == pytest.approx(0.08)


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
