"""Losses against their formulas, worked out here in NumPy."""

import numpy as np
import pytest

from util.training.losses import (
    effective_number_weights,
    inverse_frequency_weights,
    loss_function,
    with_teacher,
)

SCORES = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -0.3], [-2.0, 3.0, 1.0]], np.float32)
# The last row is mixed of two images.
TARGET = np.array([[1, 0, 0], [0, 0, 1], [0, 0.7, 0.3]], np.float32)
PRIOR = np.array([0.7, 0.2, 0.1])
ONE = SCORES[:, :1]
SICK = np.array([[1.0], [0.0], [0.6]], np.float32)


def value(loss, target, scores) -> float:
    from keras import ops

    return float(loss(ops.convert_to_tensor(target), ops.convert_to_tensor(scores)))


def log_softmax(scores: np.ndarray) -> np.ndarray:
    scores = scores.astype(float)
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def both(sick: np.ndarray) -> np.ndarray:
    return np.concatenate([1 - sick, sick], axis=1)


# One unit z is the softmax of (-z/2, z/2): each loss is the same on one unit as on two.
CASES = {
    "several units": (SCORES, TARGET, PRIOR, SCORES),
    "one unit": (ONE, SICK, np.array([0.8, 0.2]), np.concatenate([-ONE / 2, ONE / 2], 1)),
}


def full(target: np.ndarray) -> np.ndarray:
    return both(target) if target.shape[1] == 1 else target


@pytest.mark.parametrize("case", CASES)
def test_cross_entropy_with_smoothing_and_soft_targets(case):
    scores, target, prior, wide = CASES[case]
    soft = full(target) * 0.9 + 0.1 / wide.shape[1]
    expected = -(soft * log_softmax(wide)).sum(1).mean()
    assert value(loss_function("cross_entropy", prior, smoothing=0.1), target, scores) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize("case", CASES)
def test_logit_adjustment_adds_the_log_prior(case):
    scores, target, prior, wide = CASES[case]
    expected = -(full(target) * log_softmax(wide + np.log(prior))).sum(1).mean()
    assert value(loss_function("logit_adjusted", prior), target, scores) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_focal_loss_weighs_by_how_far_an_image_is_from_right(case):
    scores, target, prior, wide = CASES[case]
    logs = log_softmax(wide)
    expected = -(full(target) * (1 - np.exp(logs)) ** 2 * logs).sum(1).mean()
    assert value(loss_function("focal", prior), target, scores) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["cross_entropy", "logit_adjusted", "focal", "class_balanced_focal"])
def test_class_weights_multiply_the_loss_of_each_image(case, name):
    scores, target, prior, _ = CASES[case]
    weights = np.arange(1.0, len(prior) + 1)
    plain = loss_function(name, prior)
    each = [value(plain, target[i : i + 1], scores[i : i + 1]) for i in range(3)]
    expected = np.mean(each * (full(target) @ weights))
    assert value(loss_function(name, prior, weights=weights), target, scores) == pytest.approx(
        expected, rel=1e-5
    )


def test_inverse_frequency_weights_make_the_classes_count_alike():
    weights = inverse_frequency_weights(PRIOR)
    assert weights * PRIOR == pytest.approx([1 / 3] * 3)
    assert inverse_frequency_weights(np.array([0.5, 0.5, 0.0])).tolist() == [1, 1, 0]


def test_effective_numbers_lie_between_none_and_inverse_frequency():
    counts = np.array([5000, 100, 1])
    weights = effective_number_weights(counts, beta=0.99)
    expected = np.array([1 / (1 - 0.99**n) for n in counts.tolist()])
    assert weights == pytest.approx(expected * 3 / expected.sum())
    inverse = 1 / counts
    assert 1 < weights[2] / weights[0] < inverse[2] / inverse[0]


@pytest.mark.parametrize("case", CASES)
def test_a_teacher_adds_a_divergence_that_is_zero_where_the_student_agrees(case):
    scores, target, prior, wide = CASES[case]
    hard = loss_function("cross_entropy", prior)
    agreed = np.exp(log_softmax(wide / 2))
    soft = agreed[:, 1:] if scores.shape[1] == 1 else agreed
    beside = np.concatenate([target, soft], 1).astype(np.float32)
    assert value(with_teacher(hard, 2.0, 1.0), beside, scores) == pytest.approx(0, abs=1e-6)
    assert value(with_teacher(hard, 2.0, 0.25), beside, scores) == pytest.approx(
        0.75 * value(hard, target, scores), rel=1e-5
    )
    other = np.full(agreed.shape, 1 / agreed.shape[1])
    kl = (other * (np.log(other) - np.log(agreed))).sum(1).mean()
    beside[:, target.shape[1] :] = other[:, : soft.shape[1]]
    assert value(with_teacher(hard, 2.0, 1.0), beside, scores) == pytest.approx(4 * kl, rel=1e-4)
