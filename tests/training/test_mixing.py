"""MixUp and CutMix: what of two images and two targets stands in one."""

import numpy as np
import pytest

from util.training.mixing import mixed

MIXUP, CUTMIX = {"mixup": 1.0}, {"cutmix": 1.0}


def batch(images: int = 6, side: int = 20, classes: int = 6):
    """Image k is k everywhere and of class k: each pixel and each target says where it came from."""
    pixels = np.broadcast_to(
        np.arange(images, dtype=np.float32)[:, None, None, None], (images, side, side, 3)
    )
    return (
        pixels.copy(),
        np.random.default_rng(1).random((images, 4)),
        np.eye(images, classes, dtype=np.float32),
    )


@pytest.mark.parametrize("options", [MIXUP, CUTMIX, {"mixup": 0.5, "cutmix": 0.5, "alpha": 0.4}])
def test_targets_stay_distributions_and_the_larger_share_is_the_images_own(options):
    pixels, rows, target = batch()
    for seed in range(30):
        out, _, wanted = mixed(pixels, rows, target, options, np.random.default_rng(seed))
        assert out.dtype == wanted.dtype == np.float32
        assert np.allclose(wanted.sum(1), 1) and wanted.min() >= 0
        assert np.diag(wanted).min() >= 0.5 - 1e-6


@pytest.mark.parametrize("options", [MIXUP, CUTMIX])
def test_rows_of_metadata_and_what_was_given_stay_untouched(options):
    pixels, rows, target = batch()
    copies = pixels.copy(), rows.copy(), target.copy()
    _, known, _ = mixed(pixels, rows, target, options, np.random.default_rng(0))
    assert np.array_equal(known, copies[1])
    assert all(np.array_equal(a, b) for a, b in zip((pixels, rows, target), copies, strict=True))


def test_mixup_weighs_pixels_as_it_weighs_targets():
    pixels, rows, target = batch()
    for seed in range(20):
        out, _, wanted = mixed(pixels, rows, target, MIXUP, np.random.default_rng(seed))
        # Image k is k everywhere: its mean is the mean of the classes under its target.
        assert np.allclose(out, (wanted @ np.arange(6))[:, None, None, None], atol=1e-5)


def test_the_area_that_cutmix_leaves_is_the_weight_of_the_target():
    pixels, rows, target = batch()
    cut = 0
    for seed in range(40):
        out, _, wanted = mixed(pixels, rows, target, CUTMIX, np.random.default_rng(seed))
        for k in range(6):
            share = [(out[k] == origin).mean() for origin in range(6)]
            assert np.allclose(share, wanted[k], atol=1e-6)
            cut += wanted[k, k] < 1
    assert cut > 100


def test_what_cutmix_takes_from_the_partner_is_one_rectangle():
    pixels, rows, target = batch()
    for seed in range(20):
        foreign = mixed(pixels, rows, target, CUTMIX, np.random.default_rng(seed))[0][0, ..., 0] != 0
        if foreign.any():
            down, across = foreign.any(1), foreign.any(0)
            assert np.array_equal(foreign, np.outer(down, across))
            assert np.abs(np.diff(down.astype(int))).sum() <= 2 >= np.abs(np.diff(across.astype(int))).sum()


def test_batches_are_mixed_as_often_as_their_shares_say():
    pixels, rows, target = batch(4, 8, 4)
    seen = {"none": 0, "mixup": 0, "cutmix": 0}
    for seed in range(600):
        options = {"mixup": 0.2, "cutmix": 0.3}
        out, _, wanted = mixed(pixels, rows, target, options, np.random.default_rng(seed))
        if out is pixels:
            seen["none"] += 1
        else:
            # A blend of 0 to 3 by a random weight is no whole number; a patch is.
            seen["cutmix" if np.array_equal(out, np.rint(out)) else "mixup"] += 1
    # The odd permutation that leaves all four in place looks like CutMix: 1 in 24 of the MixUp batches.
    assert abs(seen["none"] - 300) < 50 and abs(seen["mixup"] - 115) < 35 and abs(seen["cutmix"] - 185) < 40


def test_without_shares_the_batch_is_handed_through():
    pixels, rows, target = batch()
    out, known, wanted = mixed(pixels, rows, target, {}, np.random.default_rng(0))
    assert out is pixels and known is rows and wanted is target


def test_images_without_metadata_have_none_afterwards():
    pixels, _, target = batch()
    assert mixed(pixels, None, target, MIXUP, np.random.default_rng(0))[1] is None


def test_two_classes_with_one_unit_are_mixed_too():
    pixels = batch(4)[0]
    target = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
    wanted = mixed(pixels, None, target, MIXUP, np.random.default_rng(3))[2]
    assert wanted.shape == (4, 1) and wanted.min() >= 0 and wanted.max() <= 1
    assert np.array_equal(wanted[:, 0] >= 0.5, target[:, 0] == 1)
