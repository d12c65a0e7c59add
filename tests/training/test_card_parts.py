"""The parts of a card are those its model was trained and held out on, of the very data that it knows."""

import dataclasses

import numpy as np
import pytest

from tests.networks import make_model_folder
from tests.training.drawn_sets import draw_set, quickly
from util.modelstore import default_card
from util.training import ship
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import parts, read_index
from util.training.fit import fit


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return make_model_folder(tmp_path_factory.mktemp("shelf"))


def trained_by(card, **configured):
    """`card` as of a model that was trained by a configuration of these values."""
    return dataclasses.replace(card, extra={"training": {"refitted": False, "configuration": configured}})


def test_the_test_part_of_a_model_that_was_trained_on_it_is_refused(shelf, tmp_path):
    root, card = draw_set(tmp_path, "breast", (0, 1, 2)), default_card("breast", shelf)
    fold = trained_by(card, kept_out=[], validation_fold=1)
    with pytest.raises(DataError, match="test fold 0"):
        ship.part_of(fold, root, "test")
    assert set(ship.part_of(fold, root, "train").fold.tolist()) == {0, 2}
    bagged = trained_by(card, kept_out=[0, 1], validation_fold=2)
    assert set(ship.part_of(bagged, root, "test").fold.tolist()) == {0}
    for plain in ({"kept_out": None}, {}):
        assert set(ship.part_of(trained_by(card, **plain), root, "test").fold.tolist()) == {0}


def test_what_a_leaky_run_with_a_kept_out_fold_held_out_is_what_its_card_is_fitted_on(tmp_path, monkeypatch):
    root = draw_set(tmp_path / "data", "chest", (-1, 0, 1, 2))
    config = configuration(
        "chest", model="cnn", img_size=32, epochs=1, images_per_epoch=16, batch_size=8, ema=0.0,
        weights="none", split="image", kept_out=(-1, 1),
    )  # fmt: skip
    fit(config, root, tmp_path / "run", say=lambda *_, **__: None)
    asked = []
    known = ship.answers

    def answers(card, dataset, **more):
        asked.append(set(dataset.paths))
        return known(card, dataset, **more)

    monkeypatch.setattr(ship, "answers", answers)
    ship.calibrate("chest", root, tmp_path / "run", tmp_path / "card", say=lambda *_, **__: None)
    with np.load(tmp_path / "run" / "validation.npz") as held:
        assert asked[0] == set(held["path"].tolist())
    honest = parts(read_index(root, "chest"), split="image", kept_out=(-1, 1))
    assert asked[1] <= set(honest["train"].paths)


def test_data_of_other_classes_than_the_cards_has_no_part_for_it(shelf, tmp_path):
    root, card = draw_set(tmp_path, "chest", (-1, 0, 1)), default_card("chest", shelf)
    (root / "chest" / "classes.yaml").write_text("labels: [PNEUMONIA, NORMAL]\n", "utf-8")
    for split in ("train", "validation", "test"):
        with pytest.raises(DataError, match="PNEUMONIA, NORMAL"):
            ship.part_of(card, root, split)
