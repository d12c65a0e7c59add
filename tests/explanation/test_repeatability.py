"""How alike several runs are: by hand, for perfect and for unrelated maps, and where maps are blank."""

from __future__ import annotations

import numpy as np
import pytest

from util.explanation.repeatability import noisy_copies, repeatability
from util.language import LANGUAGES

RANDOM = np.random.default_rng(0)


def test_the_same_map_every_time_has_no_spread():
    heat = RANDOM.random((12, 12))
    found = repeatability([heat] * 5)
    assert found.similarity == pytest.approx(1) and found.spread == pytest.approx(0)
    assert (found.runs, found.empty) == (5, 0)


def test_the_mean_over_pairs_by_hand():
    one = np.array([[1.0, 2, 3]])
    # Spearman by 1 - 6 sum d^2 / (n (n^2 - 1)): 1, -1 and 0.5 among three maps.
    other, swapped = one[:, ::-1], np.array([[2.0, 1, 3]])
    assert repeatability([one, other]).similarity == pytest.approx(-1)
    assert repeatability([one, swapped]).similarity == pytest.approx(0.5)
    assert repeatability([one, swapped, other]).similarity == pytest.approx((0.5 - 1 - 0.5) / 3)


def test_unrelated_maps_have_a_spread_of_about_one():
    found = repeatability([RANDOM.random((60, 60)) for _ in range(5)])
    assert found.spread == pytest.approx(1, abs=0.05)


def test_runs_without_evidence_are_counted_and_left_out():
    heat = RANDOM.random((6, 6))
    found = repeatability([heat, heat, np.zeros((6, 6))])
    assert found.similarity == pytest.approx(1) and found.empty == 1
    nothing = repeatability([heat, np.zeros((6, 6)), np.zeros((6, 6))])
    assert nothing.similarity is None and nothing.spread is None
    for language in LANGUAGES:
        assert "2" in nothing.sentence().text(language)
        assert "1" in found.sentence().text(language)


def test_one_map_or_one_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        repeatability([np.ones((3, 3))])
    with pytest.raises(ValueError, match="finite"):
        repeatability([np.ones((3, 3)), np.full((3, 3), np.nan)])


def test_noisy_copies_differ_a_little_and_are_the_same_for_a_seed():
    pixels = RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    copies = noisy_copies(pixels, 3, noise=2.0, seed=1)
    assert len(copies) == 3 and all(copy.dtype == np.uint8 for copy in copies)
    middle = (pixels > 20) & (pixels < 235)  # away from the ends, where values are cut
    for copy in copies:
        change = copy.astype(int) - pixels
        assert change[middle].std() == pytest.approx(2, rel=0.1)
    assert not np.array_equal(copies[0], copies[1])
    np.testing.assert_array_equal(copies, noisy_copies(pixels, 3, noise=2.0, seed=1))
