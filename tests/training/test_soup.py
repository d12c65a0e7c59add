"""Model soups: the mean of weights, of runs alike, with what the mean says of the validation part."""

import dataclasses
import json

import numpy as np
import pytest

from tests.training.drawn_sets import draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.fit import fit
from util.training.studies.readout import score_network
from util.training.studies.soup import soup


def changed(config, **changes):
    return dataclasses.replace(config, **changes)


TINY = dict(model="cnn", img_size=32, epochs=1, images_per_epoch=16, batch_size=8, ema=0.0, weights="none")


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory):
    """A drawn data set and two runs, the second started from the first."""
    with quickly(tmp_path_factory.mktemp("prepared")):
        root = draw_set(tmp_path_factory.mktemp("data"), "chest", (-1, 0, 1))
        runs = tmp_path_factory.mktemp("runs")
        config = configuration("chest", **TINY)
        fit(config, root, runs / "first", say=lambda *a, **k: None)
        second = changed(config, weights=str(runs / "first"), seed=8)
        fit(second, root, runs / "second", say=lambda *a, **k: None)
        yield root, runs


def test_the_soup_holds_the_mean_of_its_members_and_what_it_says_of_the_validation_part(kitchen):
    root, runs = kitchen
    out = runs / "soup"
    assert (
        main(
            ["soup", "--modality", "chest", "--data-root", str(root), "--output-dir", str(out)]
            + ["--runs", str(runs / "first"), str(runs / "second")]
        )
        == 0
    )
    first, second, mean = (score_network(runs / name).get_weights() for name in ("first", "second", "soup"))
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(first, second, strict=True))
    for a, b, m in zip(first, second, mean, strict=True):
        assert np.allclose(m, (a + b) / 2, atol=2e-3)  # stored as float16
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["averaged_runs"] == ["first", "second"] and "soup" in summary["command"]
    assert json.loads((out / "validation.json").read_text("utf-8"))["n"] == 16


def test_runs_of_another_modality_are_one_sentence(kitchen, capsys):
    root, runs = kitchen
    members = ["--runs", str(runs / "first"), str(runs / "second")]
    command = ["soup", "--modality", "skin", "--data-root", str(root), "--output-dir", str(runs / "none")]
    assert main([*command, *members]) == 2
    assert "was trained for chest, expected skin" in capsys.readouterr().err
    assert not (runs / "none").exists()


def test_runs_that_differ_and_a_single_run_are_refused_in_one_sentence(kitchen):
    root, runs = kitchen
    with pytest.raises(DataError, match="two runs"):
        soup([runs / "first"], root, runs / "none")
    before = (runs / "second" / "model.h5").read_bytes()
    with pytest.raises(DataError, match="overwrite"):
        soup([runs / "first", runs / "second"], root, runs / "first" / ".." / "second")
    assert (runs / "second" / "model.h5").read_bytes() == before
    other = runs / "other"
    other.mkdir()
    for name in ("model.h5", "summary.json"):
        (other / name).write_bytes((runs / "first" / name).read_bytes())
    (other / "config.yaml").write_text(
        changed(configuration("chest", runs / "first" / "config.yaml"), validation_fold=1).as_yaml(),
        "utf-8",
    )
    with pytest.raises(DataError, match="validation_fold"):
        soup([runs / "first", other], root, runs / "none")
    assert not (runs / "none").exists()
