"""The composite confidence by hand, its alert, and risk-coverage curves with known areas."""

from __future__ import annotations

import numpy as np
import pytest

from util.explanation.composite import LIMIT, WEIGHT, confidence, judge, limit_for, risk_coverage
from util.language import LANGUAGES

RANDOM = np.random.default_rng(0)


def test_the_formula_by_hand():
    found = confidence(0.9, 0.5, weight=0.3)
    assert found.value == pytest.approx(0.7 * 0.9 + 0.3 * 0.5)
    assert "0.70 × 0.90 + 0.30 × 0.50 = 0.78" in found.formula().text("en")
    assert "0,70 × 0,90 + 0,30 × 0,50 = 0,78" in found.formula().text("fr")


def test_disagreement_counts_as_none_and_values_stay_between_nothing_and_one():
    assert confidence(0.8, -0.4).value == pytest.approx((1 - WEIGHT) * 0.8)
    for probability in (0, 0.5, 1):
        for agreed in (-1, 0, 1):
            assert 0 <= confidence(probability, agreed).value <= 1


def test_more_agreement_or_probability_never_gives_less_confidence():
    values = [[confidence(p, a).value for a in np.linspace(-1, 1, 9)] for p in np.linspace(0, 1, 9)]
    assert (np.diff(values, axis=0) >= 0).all() and (np.diff(values, axis=1) >= 0).all()


def test_without_agreement_there_is_no_composite():
    assert confidence(0.9, None) is None


@pytest.mark.parametrize("wrong", [(1.2, 0.5), (0.5, 1.5), (float("nan"), 0.5), (0.5, float("nan"))])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="expected a probability"):
        confidence(*wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_alert_is_said_below_the_limit_alone_and_in_the_words_of_the_modality(language):
    assert confidence(0.9, 0.9).alert("skin") is None
    low = confidence(0.5, 0.1)
    assert low.borderline and low.limit == LIMIT
    words = {modality: low.alert(modality).text(language) for modality in ("skin", "chest", "breast", "own")}
    assert len(set(words.values())) == 4
    assert "biops" in words["skin"]
    assert low.alert("something new").text(language) == words["own"]


def test_a_limit_from_data_is_said_to_be_measured():
    measured, convention = confidence(0.7, 0.3, limit=0.8), confidence(0.7, 0.3)
    assert measured.borderline and measured.measured and not convention.measured
    assert measured.limit_sentence() != convention.limit_sentence()
    assert "0.80" in measured.limit_sentence().text("en")


def test_a_risk_coverage_curve_by_hand():
    curve = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
    np.testing.assert_allclose(curve.coverage, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.risk, [0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert curve.error == 0.5
    assert curve.best == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)


def test_equal_confidences_count_as_their_mean_in_any_order():
    curve = risk_coverage(np.array([0.5, 0.5, 0.5, 0.5]), np.array([True, True, True, False]))
    np.testing.assert_allclose(curve.risk, 0.25)
    assert curve.area == pytest.approx(curve.error)
    confidences, right = np.repeat([0.9, 0.4], 20), RANDOM.random(40) > 0.3
    order = RANDOM.permutation(40)
    assert risk_coverage(confidences, right).area == risk_coverage(confidences[order], right[order]).area


def test_a_confidence_that_knows_every_error_has_the_best_area_and_its_reverse_the_worst():
    right = RANDOM.random(200) > 0.2
    sure = right + RANDOM.random(200) / 2
    curve = risk_coverage(sure, right)
    assert curve.area == pytest.approx(curve.best)
    for _ in range(5):
        other = risk_coverage(RANDOM.random(200), right)
        assert curve.best <= other.area <= risk_coverage(-sure, right).area
        assert ((other.risk >= 0) & (other.risk <= 1)).all()


def test_without_errors_there_is_no_risk_and_with_errors_alone_nothing_else():
    assert risk_coverage(RANDOM.random(9), np.ones(9, bool)).area == 0
    assert risk_coverage(RANDOM.random(9), np.zeros(9, bool)).area == 1


def test_only_the_order_of_confidences_matters():
    right, sure = RANDOM.random(100) > 0.4, RANDOM.random(100)
    assert risk_coverage(sure, right).area == risk_coverage(np.exp(3 * sure), right).area


def test_a_thinned_curve_keeps_its_ends():
    curve = risk_coverage(RANDOM.random(300), RANDOM.random(300) > 0.3)
    coverage, risk = curve.thinned(11)
    assert coverage.shape == risk.shape == (11,)
    assert risk[0] == curve.risk[0] and risk[-1] == curve.risk[-1]


@pytest.mark.parametrize(
    ("sure", "right"), [([], []), ([0.1], [True, False]), ([np.nan], [True]), ([[0.1]], [[True]])]
)
def test_a_curve_of_nothing_is_refused(sure, right):
    with pytest.raises(ValueError, match="expected"):
        risk_coverage(np.array(sure, float), np.array(right, bool))


def test_the_limit_keeps_as_many_answers_as_the_error_allows():
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert limit_for(sure, right, 0.0) == 0.8
    assert limit_for(sure, right, 0.25) == 0.6  # one of four
    assert limit_for(sure, right, 0.4) == 0.5
    assert limit_for(-sure, right, 0.1) is None


def test_the_limit_never_divides_equals():
    sure = np.array([0.9, 0.9, 0.5])
    right = np.array([True, False, True])
    assert limit_for(sure, right, 0.3) is None
    assert limit_for(sure, right, 1 / 3) == 0.5


def drawn(n, helps):
    """Answers whose errors `agreement` tells apart, or does not: probability, agreement, right."""
    rng = np.random.default_rng(5)
    probability, agreed = rng.uniform(0.5, 1, n), rng.random(n)
    chance = 0.4 + 0.5 * agreed if helps else probability
    return probability, agreed, rng.random(n) < chance


@pytest.mark.parametrize("language", LANGUAGES)
def test_agreement_that_tells_errors_apart_is_said_to_add_and_noise_is_not(language):
    probability, agreed, right = drawn(600, helps=True)
    found = judge(0.5 * probability + 0.5 * agreed, probability, right, draws=200)
    assert found.gain[1] > 0 and found.skill[1] > 0
    assert found.gain[0] == pytest.approx(found.plain - found.area)
    assert found.worth().key.endswith(".adds") and found.predicts().key.endswith(".predicts")
    probability, agreed, right = drawn(600, helps=False)
    useless = judge(agreed, probability, right, draws=200)
    assert useless.worth().key.endswith(".harms")
    assert useless.predicts().key.endswith(".unproven")
    reversed_ = judge(-probability, probability, right, draws=200)
    assert reversed_.predicts().key.endswith(".misleads")
    same = judge(probability, probability, right, draws=50)
    assert same.gain == (0, 0, 0) and same.worth().key.endswith(".adds_nothing")
    for one in (found, useless, reversed_, same):
        assert "600" in one.worth().text(language) and "600" in one.predicts().text(language)


def test_groups_widen_the_interval_and_a_seed_fixes_it():
    probability, agreed, right = drawn(300, helps=True)
    alone = judge(agreed, probability, right, draws=200, seed=1)
    assert alone == judge(agreed, probability, right, draws=200, seed=1)
    twice = [np.concatenate([each, each, each]) for each in (agreed, probability, right)]
    grouped = judge(*twice, groups=np.tile(np.arange(300), 3), draws=200, seed=1)
    loose = judge(*twice, draws=200, seed=1)
    assert grouped.gain[2] - grouped.gain[1] > 1.3 * (loose.gain[2] - loose.gain[1])
    assert grouped.n == 900
