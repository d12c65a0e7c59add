"""Probes of what is not the disease: they find what was put there, and nothing where nothing is."""

import dataclasses

import numpy as np
import pytest

from tests.training.evaluation_sets import draw_breast, draw_skin, film
from util.training.dataset import parts, read_index
from util.training.evaluation import shortcuts


def test_the_features_are_what_their_names_say():
    picture = np.full((60, 80, 3), (51, 102, 204), np.uint8)
    found = shortcuts.picture_features(picture)
    assert found["mean"] == pytest.approx([0.2, 0.4, 0.8])
    assert found["colours"].shape == (15,) and found["colours"][3:6] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["thumbnail"].shape == (16 * 16 * 3,)
    assert found["frame"].shape == ((32 * 32 - 26 * 26) * 3,)


def test_the_frame_knows_nothing_of_the_middle():
    picture = np.full((64, 64), 100, np.uint8)
    other = picture.copy()
    other[8:-8, 8:-8] = 240
    here, there = (shortcuts.picture_features(one, grey=True) for one in (picture, other))
    assert (here["frame"] == there["frame"]).all() and (here["thumbnail"] != there["thumbnail"]).any()


def test_a_grey_film_and_the_same_in_colour_have_the_same_features():
    grey = film(np.random.default_rng(0), True)
    here = shortcuts.picture_features(grey, grey=True)
    there = shortcuts.picture_features(np.repeat(grey[..., None], 3, axis=2), grey=True)
    for name, values in here.items():
        assert there[name] == pytest.approx(values, abs=1e-5), name


@pytest.mark.parametrize("features", [3, 200])
def test_a_probe_finds_what_is_there_and_chance_where_nothing_is(features):
    rng = np.random.default_rng(0)
    target = rng.integers(0, 3, 600)
    known = rng.normal(size=(600, features))
    known[np.arange(600), target] += 3
    chances = shortcuts.probe(known[:400], target[:400], known[400:], 4)
    assert (chances.argmax(1) == target[400:]).mean() > 0.8
    assert chances[:, 3].max() == 0 and chances.sum(1) == pytest.approx(1)
    nothing = shortcuts.probe(rng.normal(size=(400, features)), target[:400], known[400:], 3)
    assert abs((nothing.argmax(1) == target[400:]).mean() - 1 / 3) < 0.15


def test_a_rare_class_is_worth_as_much_as_a_frequent_one():
    rng = np.random.default_rng(1)
    target = (rng.random(2000) < 0.03).astype(int)
    known = rng.normal(size=(2000, 2)) + 1.5 * target[:, None]
    said = shortcuts.probe(known[:1000], target[:1000], known[1000:], 2).argmax(1)
    assert (said[target[1000:] == 1] == 1).mean() > 0.6


def test_rows_stand_beside_one_another_with_metadata_where_there_is_some(tmp_path):
    split = parts(read_index(draw_breast(tmp_path), "breast"))
    found = shortcuts.shortcut_rows(split["train"], split["test"], draws=10)
    rows = {row["name"]: row for row in found["rows"]}
    assert set(rows) == {"thumbnail", "frame", "mean", "colours", "sharpness"}
    # The sick patches were drawn bluer.
    assert rows["mean"]["auc"][0] > 0.95 and rows["mean"]["features"] == 3
    assert found["training_images"] == len(split["train"])
    assert shortcuts.shortcut_rows(split["train"], split["test"], draws=10) == found


def test_missing_metadata_is_itself_a_feature(tmp_path):
    split = parts(read_index(draw_skin(tmp_path, 3), "skin"))
    dataset = split["train"]
    empty = [dataclasses.replace(entry, age=None) for entry in dataset.metadata]
    with_age, without = (
        shortcuts._metadata(dataset),
        shortcuts._metadata(dataclasses.replace(dataset, metadata=empty)),
    )
    known = [entry.age is not None for entry in dataset.metadata]
    assert (with_age[:, 0] == np.logical_not(known)).all() and without[:, 0].all() and not without[:, 1].any()
    names = {row["name"] for row in shortcuts.shortcut_rows(dataset, split["test"], draws=2)["rows"]}
    assert {"metadata", "colours_metadata"} <= names


def test_a_picture_that_cannot_be_read_is_left_out_with_its_row(tmp_path):
    split = parts(read_index(draw_skin(tmp_path, 3), "skin"))
    train, test = split["train"], split["test"]
    for dataset in (train, test):
        (dataset.folder / dataset.paths[3]).write_bytes(b"no picture")
    found = shortcuts.shortcut_rows(train, test, draws=2)
    keep = [np.arange(len(dataset)) != 3 for dataset in (train, test)]
    assert found == shortcuts.shortcut_rows(train.take(keep[0]), test.take(keep[1]), draws=2)
    assert found["training_images"] == len(train) - 1
