"""What `calibrate` leaves where something stood before, and what it says of data about which nothing can be fitted."""

import json

import pytest

from tests.training.drawn_sets import draw_set
from util.training import calibration
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.networks import build, save_shipped
from util.training.ship import calibrate


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    """Prepared arrays of each test only."""
    monkeypatch.setattr("util.training.prepared_store.CACHE", tmp_path / "prepared")


def write_run(folder, modality, labels, **changes):
    """A run folder as `fit` leaves it, of a network that learnt nothing."""
    folder.mkdir()
    units = 1 if len(labels) == 2 else len(labels)
    network = build("cnn", 32, units, activation="sigmoid" if units == 1 else "softmax")
    save_shipped(network, folder / "model.h5")
    config = configuration(modality, model="cnn", img_size=32, **changes)
    (folder / "config.yaml").write_text(config.as_yaml(), "utf-8")
    prior = [1 / len(labels)] * len(labels)
    summary = {"labels": list(labels), "prior": prior, "train_images": 16, "train_groups": 4}
    (folder / "summary.json").write_text(json.dumps({**summary, "metadata": None}), "utf-8")
    return folder


@pytest.mark.parametrize("refitted", [False, True])
def test_a_card_that_is_never_finished_leaves_the_shipped_one_whole(tmp_path, monkeypatch, refitted):
    root = draw_set(tmp_path / "data", "chest", (-1, 0, 1))
    run = write_run(tmp_path / "run", "chest", ("NORMAL", "PNEUMONIA"))
    again = {"refitted": write_run(tmp_path / "again", "chest", ("NORMAL", "PNEUMONIA"))} if refitted else {}
    shelf = tmp_path / "shelf"
    ship = {"folder": shelf, "texts_name": "chest-cnn", "say": lambda *_: None}
    calibrate("chest", root, run, **ship)
    before = {file.name: file.read_bytes() for file in shelf.iterdir()}
    assert set(before) == {"model.h5", "card.yaml", "card.npz"}
    statistics = calibration.feature_statistics

    def stopped(pooled):
        # The last thing fitted: of the refitted network where there is one, the second time that it is asked.
        stopped.asked += 1
        if stopped.asked > len(again):
            raise KeyboardInterrupt
        return statistics(pooled)

    stopped.asked = 0
    monkeypatch.setattr(calibration, "feature_statistics", stopped)
    with pytest.raises(KeyboardInterrupt):
        calibrate("chest", root, run, **ship, **again)
    assert {file.name: file.read_bytes() for file in shelf.iterdir()} == before


def test_a_validation_fold_without_a_class_is_one_sentence(tmp_path):
    root = draw_set(tmp_path / "data", "chest", (-1, 0, 1))
    index = root / "chest" / "index.csv"
    rows = index.read_text().splitlines()
    index.write_text("\n".join(row for row in rows if not (row.endswith(",0") and ",NORMAL," in row)))
    run = write_run(tmp_path / "run", "chest", ("NORMAL", "PNEUMONIA"))
    with pytest.raises(DataError, match="class NORMAL in the validation fold 0") as error:
        calibrate("chest", root, run, tmp_path / "shelf", texts_name="chest-cnn")
    assert "le pli de validation 0" in error.value.sentence.text("fr")
    assert not (tmp_path / "shelf").exists()
