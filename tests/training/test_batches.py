"""Batches do not depend on how many threads make them, nor on where an epoch is taken up again."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from util.modelstore.card import MetadataEncoding
from util.training.batches import training_batches

ENCODING = MetadataEncoding(50.0, 20.0, ("female", "male"), ("torso", "head/neck"))
OPTIONS = {"rotation": 30, "flip": "both", "gamma": 0.2, "noise": 0.5, "jpeg": 0.5, "blur": 0.5}


def stream(**changes):
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (12, 24, 24, 3), dtype=np.uint8)
    rows = rng.random((12, ENCODING.width)).astype(np.float32)
    target = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 12)]
    config = SimpleNamespace(
        batch_size=4, img_size=16, augmentation=OPTIONS, metadata_dropout={"all": 0.3, "each": 0.3}
    )
    order = rng.integers(0, 12, 22)
    given = {"workers": 1, "mixing": {"mixup": 0.5, "cutmix": 0.5}} | changes
    return training_batches(images, rows, target, order, config, ENCODING, np.random.default_rng(9), **given)


def same(some, others) -> bool:
    return len(some) == len(others) and all(
        np.array_equal(a[0][0], b[0][0]) and np.array_equal(a[0][1], b[0][1]) and np.array_equal(a[1], b[1])
        for a, b in zip(some, others, strict=True)
    )


def test_a_batch_has_the_configured_size_and_an_incomplete_one_is_left_out():
    found = list(stream())
    assert len(found) == 5
    assert found[0][0][0].shape == (4, 16, 16, 3) and found[0][0][0].dtype == np.float32
    assert found[0][0][1].shape == (4, ENCODING.width) and found[0][1].shape == (4, 3)


def test_the_number_of_workers_changes_no_batch():
    assert same(list(stream()), list(stream(workers=3)))


@pytest.mark.parametrize("first", [1, 3, 5])
def test_an_epoch_taken_up_in_its_middle_goes_on_with_the_very_next_batch(first):
    whole = list(stream())
    assert same(whole[first:], list(stream(first=first)))
    assert not same(whole[:1], whole[1:2])


def test_an_error_in_a_worker_reaches_the_training_thread():
    with pytest.raises(ValueError, match="broken"):
        list(stream(mixing=Broken()))


class Broken(dict):
    def __init__(self):
        super().__init__(mixup=1)

    def get(self, *_):
        raise ValueError("broken")


def test_a_stream_that_is_given_up_leaves_no_thread_behind():
    before = set(threading.enumerate())
    batches = stream(workers=2)
    next(batches)
    batches.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=20)
    assert not set(threading.enumerate()) - before
