"""Which images an epoch sees."""

import numpy as np
import pytest

from util.training.sampling import epoch_order, sampled_prior, strata, stratum_weights

TARGET = np.repeat([0, 1, 2], [900, 90, 10])


@pytest.mark.parametrize("power, expected", [(0.0, [0.9, 0.09, 0.01]), (1.0, [1 / 3, 1 / 3, 1 / 3])])
def test_the_power_goes_from_the_natural_mix_to_a_balanced_one(power, expected):
    weights = stratum_weights(TARGET.astype(str), TARGET, power)
    assert sampled_prior(weights, TARGET, 3) == pytest.approx(expected)


def test_a_large_slide_does_not_drown_the_others():
    slide = np.repeat(["a", "b"], [100, 4])
    weights = stratum_weights(slide, np.zeros(104, int), 1.0)
    assert weights[:100].sum() == pytest.approx(10 / 12)


def test_an_epoch_draws_each_class_in_its_share():
    weights = stratum_weights(TARGET.astype(str), TARGET, 1.0)
    order = epoch_order(weights, 3000, np.random.default_rng(0))
    assert np.bincount(TARGET[order]) == pytest.approx([1000, 1000, 1000], abs=3)
    assert len(np.unique(order)) > 900


def test_an_epoch_is_the_same_for_the_same_seed_and_another_for_another():
    weights = np.full(50, 0.02)
    first, again = (epoch_order(weights, 40, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, epoch_order(weights, 40, np.random.default_rng(2)))


def test_a_class_shares_its_draws_among_its_images_or_its_slides():
    from types import SimpleNamespace

    data = SimpleNamespace(target=np.array([0, 0, 0, 1]), group=np.array(["s1", "s1", "s2", "s2"]))
    by_class, by_group = (strata(data, share) for share in ("class", "group"))
    assert len(set(by_class)) == 2 and len(set(by_group)) == 3
    drawn = [stratum_weights(names, data.target, 1.0) for names in (by_class, by_group)]
    assert drawn[0][:3] == pytest.approx([1 / 6] * 3)
    assert drawn[1][2] > drawn[1][1] and drawn[1][:3].sum() == pytest.approx(0.5)
