"""A run belongs to its data: it goes on, and counts as finished, for the images, labels and folds it was trained on."""

import csv
import shutil

import pytest

from tests.training.drawn_sets import draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import read_index
from util.training.fit import fit
from util.training.run_data import digest_of
from util.training.studies.crossvalidation import crossvalidate
from util.training.studies.runs import finished, trained
from util.training.studies.soup import soup

SMALL = dict(model="cnn", img_size=32, epochs=1, images_per_epoch=16, batch_size=8, ema=0.0, weights="none")
CONFIG = configuration("chest", **SMALL)


def quiet(*_, **__) -> None:
    """Says nothing."""


def relabelled(root, other):
    """The set of `root` again under `other`, its first image with another label, its rows in another order."""
    shutil.copytree(root, other)
    file = other / "chest" / "index.csv"
    rows = list(csv.DictReader(file.open()))
    rows[0]["label"] = {"NORMAL": "PNEUMONIA", "PNEUMONIA": "NORMAL"}[rows[0]["label"]]
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows[::-1])
    return other


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A drawn set, another one, and a finished run on the first with its checkpoint."""
    folder = tmp_path_factory.mktemp("place")
    with quickly(folder / "prepared"):
        root = draw_set(folder / "a", "chest", (-1, 0, 1))
        fit(CONFIG, root, folder / "run", say=quiet)
        yield folder, root, relabelled(root, folder / "b")


def test_the_digest_is_that_of_paths_labels_and_folds_wherever_they_lie(place, tmp_path):
    _, root, other = place
    assert digest_of(read_index(root, "chest")) != digest_of(read_index(other, "chest"))
    back = shutil.copytree(root, tmp_path / "elsewhere")
    assert digest_of(read_index(back, "chest")) == digest_of(read_index(root, "chest"))
    data = read_index(root, "chest")
    assert digest_of(data.take(data.fold.argsort())) == digest_of(data)


def test_a_run_neither_goes_on_nor_counts_for_other_data(place, capsys):
    folder, root, other = place
    before = (folder / "run" / "summary.json").read_text()
    assert finished(folder / "run", CONFIG, root)
    for ask in (
        lambda: fit(CONFIG, other, folder / "run", say=quiet),
        lambda: finished(folder / "run", CONFIG, other),
        lambda: trained(CONFIG, other, folder / "run", say=quiet),
        lambda: soup([folder / "run", folder / "run"], other, folder / "soup"),
    ):
        with pytest.raises(DataError, match="other images, labels or folds"):
            ask()
    assert (folder / "run" / "summary.json").read_text() == before


def test_a_run_made_before_its_data_was_written_down_is_kept_and_goes_on(place, tmp_path):
    folder, root, _ = place
    run = shutil.copytree(folder / "run", tmp_path / "run")
    (run / "data.json").unlink()
    assert finished(run, CONFIG, root)
    fit(CONFIG, root, run, say=quiet)
    assert (run / "data.json").read_bytes() == (folder / "run" / "data.json").read_bytes()
    (run / "data.json").write_text("[]")
    with pytest.raises(DataError):
        finished(run, CONFIG, root)


def test_a_checkpoint_of_other_classes_is_one_sentence_where_the_run_does_not_say_its_data(place, tmp_path):
    folder, root, _ = place
    run = shutil.copytree(folder / "run", tmp_path / "run")
    (run / "data.json").unlink()
    three = shutil.copytree(root, tmp_path / "three")
    (three / "chest" / "classes.yaml").write_text("labels: [NORMAL, PNEUMONIA, OTHER]\n")
    rows = list(csv.DictReader((three / "chest" / "index.csv").open()))
    for row in rows[::3]:
        row["label"] = "OTHER"
    with (three / "chest" / "index.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(DataError, match="other options"):
        fit(CONFIG, three, run, say=quiet)


def test_folds_of_other_data_are_not_pooled(place, tmp_path):
    _, root, other = place
    crossvalidate(CONFIG, root, tmp_path, folds=(0,), say=quiet)
    with pytest.raises(DataError, match="other images, labels or folds"):
        crossvalidate(CONFIG, other, tmp_path, folds=(1,), say=quiet)


def test_the_command_says_it_in_one_sentence(place, capsys):
    folder, _, other = place
    command = ["fit", "--modality", "chest", "--config", str(folder / "run" / "config.yaml")]
    capsys.readouterr()
    assert main([*command, "--data-root", str(other), "--output-dir", str(folder / "run")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
