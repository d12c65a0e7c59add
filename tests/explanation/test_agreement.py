"""Agreement against scipy and scikit-image, by hand, and where there is nothing to agree on."""

from __future__ import annotations

import numpy as np
import pytest

from util.explanation.agreement import MATRICES, agreement, evidence, iou, spearman, ssim, top
from util.explanation.consensus import consensus, ranked
from util.language import LANGUAGES


def smooth(seed, side=40):
    """A map with hills and valleys, float32 (side, side) in [0, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    heat = sum(np.sin(rng.normal(0, 5) * x + rng.normal(0, 5) * y + rng.normal()) for _ in range(4))
    return ((heat - heat.min()) / np.ptp(heat)).astype(np.float32)


@pytest.mark.parametrize("floor", [0.0, 0.6])
def test_the_rank_correlation_is_that_of_scipy_also_with_ties(floor):
    from scipy.stats import spearmanr

    one, other = np.maximum(smooth(0), floor), np.maximum(smooth(1), floor)
    assert spearman(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic, abs=1e-12)


@pytest.mark.parametrize("side", [11, 12, 40])
def test_the_structural_similarity_is_that_of_scikit_image(side):
    metrics = pytest.importorskip("skimage.metrics")
    one, other = (smooth(seed, side).astype(np.float64) for seed in (2, 3))
    theirs = metrics.structural_similarity(
        one, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0
    )
    assert ssim(one, other) == pytest.approx(theirs, abs=1e-10)


def test_the_overlap_of_the_top_by_hand():
    one = np.array([[5, 4, 3, 2, 1]], float)
    other = np.array([[4, 5, 3, 2, 1]], float)
    np.testing.assert_array_equal(top(one), [[True, False, False, False, False]])
    assert iou(top(one), top(other)) == 0
    # Two of five on each side, both times the same two; then one of three in common.
    assert iou(top(one, 0.4), top(other, 0.4)) == 1
    assert iou(top(one, 0.4), top(np.array([[1, 5, 4, 2, 0]], float), 0.4)) == pytest.approx(1 / 3)


def test_pixels_without_evidence_are_never_among_the_strongest():
    heat = np.zeros((10, 10))
    heat[4, 4] = 1
    np.testing.assert_array_equal(top(heat), heat > 0)


def test_equally_strong_pixels_are_taken_together():
    heat = np.array([[3, 2, 2, 2, 1, 0, 0, 0, 0, 0]], float)
    assert top(heat).sum() == 4


def test_identical_maps_agree_fully_and_matrices_are_symmetric_and_in_range():
    maps = {"a": smooth(0), "b": smooth(1), "c": smooth(2), "again": smooth(0)}
    found = agreement(maps)
    for name in MATRICES:
        matrix = getattr(found, name)
        np.testing.assert_array_equal(matrix, matrix.T)
        np.testing.assert_allclose(np.diag(matrix), 1)
        assert matrix[0, 3] == pytest.approx(1)
        assert (matrix >= (0 if name == "overlap" else -1)).all() and (matrix <= 1).all()
        assert matrix[0, 1] < 0.99
    assert found.empty == ()
    assert found.notes() == ()


def test_the_scale_of_a_map_does_not_matter_and_a_reversed_map_is_opposite():
    heat = smooth(4)
    found = agreement({"a": heat, "b": 7 * heat, "c": 1 - heat})
    assert found.spearman[0, 1] == pytest.approx(1) and found.ssim[0, 1] == pytest.approx(1)
    assert found.spearman[0, 2] == pytest.approx(-1, abs=1e-3)
    assert found.overlap[0, 2] == 0


def test_the_mean_is_that_of_the_pairs_in_the_matrix():
    found = agreement({"a": smooth(0), "b": smooth(1), "c": smooth(2)})
    for name in MATRICES:
        matrix = getattr(found, name)
        assert found.mean(name) == pytest.approx((matrix[0, 1] + matrix[0, 2] + matrix[1, 2]) / 3)


@pytest.mark.parametrize("blank", [np.zeros((40, 40)), np.full((40, 40), 0.5), -smooth(3)])
def test_a_map_without_range_agrees_with_nothing_and_it_is_said(blank):
    found = agreement({"a": smooth(0), "blank": blank, "b": smooth(1)})
    for name in MATRICES:
        matrix = getattr(found, name)
        assert np.isnan(matrix[1]).all() and np.isnan(matrix[:, 1]).all()
        assert np.isfinite(matrix[0, 2])
        assert found.mean(name) == pytest.approx(matrix[0, 2])
    assert found.empty == ("blank",)
    for language in LANGUAGES:
        assert "blank" in found.notes()[0].text(language)


def test_one_map_or_blank_ones_have_no_mean():
    assert agreement({"a": smooth(0)}).mean() is None
    assert agreement({"a": np.zeros((8, 8)), "b": np.zeros((8, 8))}).mean() is None


def test_negative_evidence_counts_as_none():
    heat = smooth(5) - 0.5
    np.testing.assert_allclose(evidence(heat), np.maximum(heat, 0) / heat.max())
    found = agreement({"signed": heat, "positive": np.maximum(heat, 0)})
    assert found.mean("ssim") == pytest.approx(1)


def test_maps_of_two_sizes_are_compared_at_the_smaller_one():
    small = smooth(6, 20)
    found = agreement({"small": small, "large": np.kron(small, np.ones((2, 2)))})
    assert found.mean("spearman") == pytest.approx(1)
    assert found.mean("overlap") == pytest.approx(1)


@pytest.mark.parametrize("wrong", [np.full((4, 4), np.nan), np.full((4, 4), np.inf), np.ones(4)])
def test_a_map_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="finite map"):
        agreement({"a": wrong})


def test_no_maps_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        agreement({})


def test_ranks_are_stretched_with_ties_in_their_middle():
    np.testing.assert_allclose(ranked(np.array([[0, 0, 5.0], [7, 9, 9]])), [[0, 0, 0.375], [0.625, 1, 1]])


def test_the_consensus_of_one_map_is_its_ranks_and_of_opposites_is_flat():
    heat = smooth(7)
    np.testing.assert_allclose(consensus([heat]), ranked(heat), atol=1e-6)
    one = np.array([[1.0, 2, 3, 4]])
    np.testing.assert_allclose(consensus([one, one[:, ::-1]]), np.full((1, 4), 0.5))


def test_no_map_speaks_louder_in_the_consensus_for_its_scale():
    one, other = smooth(8), smooth(9)
    np.testing.assert_allclose(consensus([one, other]), consensus([100 * one, other**3]), atol=1e-3)


def test_blank_maps_are_left_out_of_the_consensus():
    heat = smooth(1)
    np.testing.assert_array_equal(consensus([heat, np.zeros((40, 40))]), consensus([heat]))
    assert consensus([np.zeros((40, 40))]) is None
    assert consensus([]) is None
