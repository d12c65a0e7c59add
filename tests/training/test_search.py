"""Search: grids are whole, draws repeat, weak trials stop early; the study's tables share one budget."""

import csv
import io

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.training.drawn_sets import TINY, draw_set, quickly
from util.imaging import decode
from util.preparation import prepare
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.networks import NAMES, WEIGHT_FILES
from util.training.studies import describe, printed
from util.training.studies.compare import collected
from util.training.studies.options import as_number
from util.training.studies.runs import varied
from util.training.studies.search import grid, random_trials, read_space, trial_name
from util.training.studies.table import TABLES, read_table

SPACE = {"lr": {"log_uniform": [1e-4, 1e-2]}, "optimizer": ["adamw", "sgd"], "dropout": {"uniform": [0, 0.5]}}
STUDENTS = {"vgg16", "resnet50", "resnet18", "densenet121", "efficientnetb0", "cnn", "cnn-bn"}


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


def test_a_grid_is_every_combination_once():
    found = grid({"lr": [1e-3, 1e-4], "dropout": [0.2, 0.4, 0.6]})
    assert len(found) == len({trial_name(one) for one in found}) == 6
    with pytest.raises(DataError, match="dropout"):
        grid({"dropout": {"uniform": [0, 1]}})


def test_random_trials_repeat_with_their_seed_and_stay_in_their_ranges():
    first, again, other = (random_trials(SPACE, 40, seed) for seed in (1, 1, 2))
    assert first == again != other
    rates = np.array([one["lr"] for one in first])
    assert rates.min() >= 1e-4 and rates.max() <= 1e-2 and 0.3 < (rates < 1e-3).mean() < 0.7
    assert {one["optimizer"] for one in first} == {"adamw", "sgd"}
    assert len(random_trials({"optimizer": ["adamw", "sgd"]}, 9, 0)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "lr: [1]",
        "space: {}",
        "space: {lr: 1}",
        "space: {lr: {uniform: [2, 1]}}",
        "space: {lr: {log_uniform: [0, 1]}}",
    ],
)
def test_a_space_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "space.yaml").write_text(text, "utf-8")
    with pytest.raises(DataError):
        read_space(tmp_path / "space.yaml")


def test_numbers_that_yaml_takes_for_text_are_numbers(tmp_path):
    assert as_number("1e-4") == 1e-4 and as_number("adamw") == "adamw" and as_number(None) is None
    (tmp_path / "space.yaml").write_text("space: {lr: [1e-4, 1e-3]}", "utf-8")
    assert read_space(tmp_path / "space.yaml")["space"] == {"lr": [1e-4, 1e-3]}


def test_a_change_can_take_away_and_the_input_follows_its_size():
    config = varied(
        configuration("skin"), {"metadata_dropout": None, "img_size": 64, "augmentation": {"blur": None}}
    )
    assert config.metadata_dropout is None and config.chain[-1]["side"] == 64
    assert "blur" not in config.augmentation and "flip" in config.augmentation
    with pytest.raises(DataError, match="colour"):
        varied(config, {"colour": 1})


def test_a_search_halves_its_trials_and_its_table_begins_with_the_best(tmp_path, capsys):
    data = draw_set(tmp_path / "data", "breast", (0, 1, 2))
    (tmp_path / "space.yaml").write_text(
        "base: {epochs: 9, smoothing: 0.0}\nspace: {lr: [1e-3, 1e-5]}", "utf-8"
    )
    common = [
        "search",
        "--modality",
        "breast",
        "--data-root",
        str(data),
        "--runs-dir",
        str(tmp_path / "runs"),
    ]
    command = [*common, "--space", str(tmp_path / "space.yaml"), "--halving", "2", "--set", *TINY, "epochs=2"]
    assert main(command) == 0
    rows = list(csv.DictReader((tmp_path / "runs" / "search" / "breast" / "search" / "table.csv").open()))
    assert [(row["rung"], row["epochs_run"]) for row in rows] == [("1", "2"), ("0", "1"), ("0", "1")]
    assert float(rows[1]["auc"]) >= float(rows[2]["auc"]) and rows[0]["trial"] == rows[1]["trial"]
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.count("kept") == 3
    found = collected("breast", tmp_path / "runs", {})["search"]["search"]
    assert found["trials"] == 2 and len(found["best"]) == 3
    assert found["best"][0]["options"] == {"lr": float(rows[0]["lr"])}
    assert found["best"][0]["auc"] == float(rows[0]["auc"])
    assert f"lr={float(rows[0]['lr'])}" in printed.runs({"modality": "breast", "search": {"search": found}})


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_every_row_of_a_table_has_the_same_budget_and_a_network_that_there_is(modality, tmp_path):
    rows = read_table(modality, tmp_path)
    assert len(rows) >= 8
    for config in rows.values():
        assert (config.img_size, config.seed, config.batch_size, config.patience) == (96, 7, 32, 0)
        assert describe.images_seen(config) == 20_000 and config.model in NAMES
        assert config.validation_fold is None and not config.refit and config.split == "group"
        # A trunk of random layers cannot be frozen.
        assert not config.fine_tune_epochs or config.model in WEIGHT_FILES
    same = {yaml.safe_dump(dict(c.augmentation, stain=None)) for c in rows.values()}
    assert len(same) == 1
    assert any(config.model == "densenet121" for config in rows.values())
    assert len({describe.imbalance(config) for config in rows.values()}) >= 4
    assert len({describe.preparation(config) for config in rows.values()}) >= 3


def test_the_tables_hold_the_seven_networks_that_students_compare(tmp_path):
    found = {c.model for m in ("chest", "skin", "breast") for c in read_table(m, tmp_path).values()}
    assert found >= STUDENTS
    reported = yaml.safe_load((TABLES / "reported.yaml").read_text("utf-8"))
    for modality, entries in reported.items():
        assert {row for entry in entries for row in entry["rows"]} <= set(read_table(modality, tmp_path))


@pytest.mark.parametrize("modality", ["chest", "skin", "breast"])
def test_every_preparation_of_a_table_ends_in_the_input(modality, tmp_path):
    pixels, data = np.random.default_rng(0).integers(0, 255, (120, 160, 3)).astype(np.uint8), io.BytesIO()
    Image.fromarray(pixels).save(data, "png")
    chains = {tuple(str(e) for e in c.chain): c.chain for c in read_table(modality, tmp_path).values()}
    for chain in chains.values():
        assert prepare(decode(data.getvalue()), chain).pixels.shape == (96, 96, 3)
