"""Copies of a picture are found however they were stored, and pictures that only resemble each other are not."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.training.drawn_folders import picture
from util.training.data import duplicates
from util.training.data.folds import assign_folds
from util.training.data.signatures import SIDE, signatures


def small(image: Image.Image) -> np.ndarray:
    grey = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def jpeg(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=30)
    return Image.open(stream)


STORED = {
    "as a JPEG of low quality": jpeg,
    "at half its size": lambda image: image.resize((48, 48)),
    "squashed": lambda image: image.resize((96, 60)),
    "brighter": lambda image: image.point([min(255, round(1.1 * v)) for v in range(256)] * 3),
    "mirrored": ImageOps.mirror,
    "turned by a quarter": lambda image: image.rotate(90, expand=True),
    "mirrored and turned": lambda image: ImageOps.flip(image).rotate(90),
}


@pytest.mark.parametrize("how", STORED)
def test_a_copy_is_found_and_other_pictures_are_not(how):
    pictures = [Image.fromarray(picture(seed, 96)) for seed in range(12)]
    copies = np.stack([small(image) for image in [*pictures, STORED[how](pictures[5])]])
    pairs, values = duplicates.near(copies)
    assert pairs.tolist() == [[5, 12]]
    assert values[0] >= duplicates.CORRELATION


def test_blank_pictures_are_no_copies_of_each_other():
    pairs, _ = duplicates.near(np.stack([np.full((SIDE, SIDE), grey, np.uint8) for grey in (0, 80, 80, 255)]))
    assert len(pairs) == 0


def test_pictures_that_share_their_coarse_shape_alone_are_no_copies():
    rng = np.random.default_rng(0)
    shape = picture(1, SIDE).mean(-1)
    alike = [np.clip(shape + rng.normal(0, 25, shape.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    pairs, _ = duplicates.near(np.stack(alike))
    assert len(pairs) == 0


def test_hashes_that_share_no_whole_block_are_still_compared_when_seven_bits_differ():
    rng = np.random.default_rng(1)
    ours = rng.integers(0, 2**63, 300).astype(np.uint64)
    theirs = ours[::-1].copy()
    for index in range(0, 300, 3):
        bits = rng.choice(64, index % 12, replace=False).astype(np.uint64)
        theirs[index] = (
            ours[index - 1] ^ np.bitwise_or.reduce(np.uint64(1) << bits) if len(bits) else ours[index - 1]
        )
    apart = np.bitwise_count(ours[:, None] ^ theirs[None])
    wanted = np.argwhere(np.triu(apart <= duplicates.HAMMING, 1))
    found = np.stack(duplicates._close(ours, theirs), 1)
    assert len(wanted) > 20 and found.tolist() == wanted.tolist()


def test_equal_files_are_paired_with_the_first_of_them():
    assert duplicates.exact(np.array(["a", "b", "a", "", "", "a"])).tolist() == [[0, 2], [0, 5]]


def test_groups_that_share_a_copy_become_one_and_chains_of_them_too():
    group = np.array(["p1", "p2", "p2", "p3", "p4"])
    assert duplicates.merged(group, [(0, 1), (2, 3)]).tolist() == ["p1", "p1", "p1", "p1", "p4"]
    assert duplicates.merged(group, []).tolist() == group.tolist()


def test_a_file_is_read_once_and_what_cannot_be_read_is_named_with_its_reason(tmp_path):
    Image.fromarray(picture(0)).save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    seen = signatures([tmp_path / "good.png", tmp_path / "bad.jpg"])
    assert seen.size.tolist() == [[24, 24], [0, 0]]
    assert len(seen.sha256[0]) == 64 and seen.sha256[1] == ""
    assert list(seen.refusals) == [1] and str(seen.refusals[1])


def test_folds_keep_groups_whole_and_classes_even_in_whatever_order_the_rows_come():
    rng = np.random.default_rng(0)
    group = np.array([f"g{i}" for i in rng.integers(0, 200, 1000)])
    kind = {name: int(rng.random() < 0.3) for name in np.unique(group)}
    target = np.array([kind[name] for name in group])
    fold = assign_folds(group, target)
    assert all(len(set(fold[group == name])) == 1 for name in kind)
    counts = np.array([[(target[fold == part] == label).sum() for label in (0, 1)] for part in range(5)])
    assert (np.ptp(counts, axis=0) <= 0.05 * counts.sum(0)).all()
    shuffled = rng.permutation(1000)
    assert (assign_folds(group[shuffled], target[shuffled]) == fold[shuffled]).all()


def test_a_class_of_three_groups_is_in_test_validation_and_training():
    group = np.array([f"g{i}" for i in range(40)])
    target = np.array([1] * 3 + [0] * 37)
    assert sorted(assign_folds(group, target)[:3].tolist()) == [0, 1, 2]
