"""The table of runs: what a run was in words, what is missing, what is kept where the run folders are not."""

import json

import numpy as np
import pytest
import yaml

from tests.training.drawn_sets import draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.studies import describe, printed
from util.training.studies.compare import collected, described, read_runs, reported, write_runs
from util.training.studies.figures import at_natural_mix, plain_figures
from util.training.studies.runs import Answers, finished, varied
from util.training.studies.table import check_teachers, read_table


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


TABLE = """
base: {model: cnn, img_size: 32, epochs: 1, images_per_epoch: 16, batch_size: 8, ema: 0, weights: none}
preparations:
  plain: [{step: colour}, {step: resize, side: 32}]
rows:
  - {row: cnn, preparation: plain}
  - {row: cnn-focal, loss: focal}
  - {row: cnn-distilled, teacher_row: cnn}
"""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A study of two of three rows, run by its command; the third one's teacher is not finished at first."""
    place = tmp_path_factory.mktemp("study")
    draw_set(place / "data", "breast", (0, 1, 2))
    (place / "table.yaml").write_text(TABLE, "utf-8")
    command = [
        "study",
        "--modality",
        "breast",
        "--data-root",
        str(place / "data"),
        "--runs-dir",
        str(place / "runs"),
    ]
    return place, [*command, "--table", str(place / "table.yaml")]


def test_a_study_runs_what_is_missing_and_goes_past_a_row_that_cannot_run(studied, capsys):
    place, command = studied
    assert main([*command, "--rows", "cnn-distilled,cnn"]) == 0
    assert "rows that could not run: cnn-distilled" in capsys.readouterr().out
    assert main([*command, "--list"]) == 0
    assert capsys.readouterr().out.split("\n")[:3] == [
        "cnn: there",
        "cnn-focal: missing",
        "cnn-distilled: missing",
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "cnn: kept" in said and "all rows are there" in said
    folder = place / "runs" / "studies" / "breast"
    assert configuration("breast", folder / "cnn-distilled" / "config.yaml").teacher == str(folder / "cnn")
    assert main([*command, "--rows", "vgg"]) == 2
    assert "cnn-focal" in capsys.readouterr().err


def test_the_table_is_written_and_read_where_the_run_folders_are_gone(studied, tmp_path, capsys):
    place, _ = studied
    file = tmp_path / "runs.yaml"
    command = ["compare", "--modality", "breast", "--file", str(file), "--draws", "10"]
    assert main([*command, "--runs-dir", str(place / "runs"), "--write"]) == 0
    first = capsys.readouterr().out
    stored = yaml.safe_load(file.read_text("utf-8"))
    assert [row["row"] for row in stored["study"]] == ["cnn", "cnn-distilled", "cnn-focal"]
    assert "missing" not in stored
    assert main([*command, "--runs-dir", str(tmp_path / "empty")]) == 0
    second = capsys.readouterr().out
    assert second.split("\nmissing")[0] == first.split("\nmissing")[0]
    # The real table's other rows are not there.
    assert "mobilenetv2-macenko" in second.split("missing: ")[1]
    (row,) = [row for row in stored["study"] if row["row"] == "cnn-focal"]
    assert (row["imbalance"], row["weights"], row["images_seen"]) == (
        "focal loss, balanced sampler, by slide",
        "from scratch",
        16,
    )
    assert np.sum(row["confusion"]) == row["n"] == 16 and row["critical"] == "1" and row["groups"] == 4
    assert row["parameters"] > 1000 and len(row["curve"]["loss"]) == 1
    assert row["confusion"][1][1] / 8 == pytest.approx(row["critical_recall"])


def test_what_a_run_was_is_said_in_words():
    base = configuration("chest")
    assert describe.preparation(base) == "trim border, percentile clip"
    assert (
        describe.preparation(varied(base, {"chain": [{"step": "grey"}, {"step": "resize", "side": 9}]}))
        == "geometry alone"
    )
    plain = varied(configuration("skin"), {"sampling_power": 0.0, "loss": "cross_entropy", "mixing": None})
    assert describe.imbalance(plain) == "none"
    both = varied(plain, {"sampling_power": 0.5, "loss": "logit_adjusted"})
    assert describe.imbalance(both) == "logit adjustment, sampler 0.5"
    assert describe.imbalance(varied(plain, {"class_weights": True})) == "class weights"
    assert describe.extras(plain) == "metadata"
    assert describe.extras(varied(plain, {"metadata_dropout": None, "split": "image"})) == "split by image"
    assert describe.extras(varied(plain, {"clip_norm": 1.0})) == "metadata, gradients clipped at 1"
    assert describe.extras(varied(plain, {"lr": 1e-4}), rate=4e-4) == "metadata, learning rate 0.0001"
    assert describe.extras(varied(plain, {"lr": 4e-4}), rate=4e-4) == describe.extras(plain) == "metadata"
    stained = varied(configuration("breast"), {"augmentation": {"stain": 0.2}})
    assert describe.preparation(stained).endswith("stain jitter")
    assert [describe.weights({"weights_from": w}) for w in ("none", "a.npz")] == ["from scratch", "a.npz"]
    assert describe.weights({}) == "not said"


def test_the_natural_mix_put_back_undoes_logit_adjustment_in_the_auc():
    rng, prior = np.random.default_rng(0), np.array([0.9, 0.08, 0.02])
    target = rng.choice(3, 4000, p=prior)
    natural = 2 * np.eye(3)[target] + rng.normal(0, 1, (4000, 3)) + np.log(prior)
    adjusted = natural - np.log(prior)
    config = varied(configuration("skin"), {"loss": "logit_adjusted", "sampling_power": 0.5})
    back = at_natural_mix(adjusted, config, prior)
    assert np.allclose(back, natural)
    assert plain_figures(back, target, 0, 3)["auc"] > plain_figures(adjusted, target, 0, 3)["auc"]
    one = rng.normal(0, 1, (9, 1))
    assert at_natural_mix(one, config, [0.5, 0.5]) is one


def run_folder(folder, refit: bool):
    """A finished run of which only what `compare` reads is there."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(varied(configuration("chest"), {"refit": refit}).as_yaml(), "utf-8")
    about = {
        "labels": ["NORMAL", "PNEUMONIA"],
        "prior": [0.3, 0.7],
        "metadata": None,
        "weights_from": "w.npz",
    }
    (folder / "summary.json").write_text(json.dumps(about | {"seconds": 90, "parameters": 10}), "utf-8")
    (folder / "history.csv").write_text("epoch,loss,auc,seconds\n1,0.5,,45\n2,0.4,,45\n", "utf-8")
    names = np.array([f"p{i}" for i in range(40)])
    target = np.arange(40) % 2
    Answers((target - 0.5)[:, None], target, names, names).save(folder / "validation.npz")
    return folder


def test_a_refitted_run_has_no_figures_on_images_that_trained_it(tmp_path):
    honest = described(run_folder(tmp_path / "a", False), "a", draws=10)
    refitted = described(run_folder(tmp_path / "b", True), "b", draws=10)
    assert honest["auc"] == [1, 1, 1] and honest["minutes"] == 1.5 and honest["validation_fold"] == 0
    assert (
        "auc" not in refitted and refitted["also"] == "refitted" and refitted["curve"] == {"loss": [0.5, 0.4]}
    )
    found = collected("chest", tmp_path, {}, draws=10)
    assert [row["row"] for row in found["runs"]] == ["a", "b"]
    assert set(found["missing"]) == set(read_table("chest", tmp_path)) and "study" not in found
    assert "missing" in printed.runs(found) and "b " in printed.runs(found)
    assert not finished(tmp_path / "a")


def test_a_teacher_that_is_not_finished_is_refused(tmp_path):
    (run_folder(tmp_path / "done", False) / "model.h5").touch()
    check_teachers("row", varied(configuration("chest"), {"teacher": f"{tmp_path / 'done'}, "}))
    with pytest.raises(DataError, match="not finished"):
        check_teachers("row", varied(configuration("chest"), {"teacher": str(tmp_path / "none")}))


def test_what_others_report_stands_beside_the_same_kind_of_network():
    row = {
        "row": "vgg16",
        "network": "vgg16",
        "weights": "from scratch",
        "accuracy": 0.9,
        "auc": [0.95, 0.94, 0.96],
    }
    entries = reported("chest", {"vgg16": row})
    assert (entries[0]["accuracy"], entries[0]["here"][0]["auc"][0]) == (0.85, 0.95)
    assert entries[1]["here"] == []
    text = printed.runs({"modality": "chest", "reported": entries})
    assert "0.850" in text and "here: vgg16" in text and "from scratch" in text


def test_a_file_of_runs_reads_back_as_it_was_written(tmp_path):
    found = {"modality": "chest", "missing": ["x"], "study": [{"row": "é", "auc": [0.5, None, None]}]}
    write_runs(tmp_path / "runs.yaml", found)
    assert read_runs(tmp_path / "runs.yaml") == {"modality": "chest", "study": found["study"]}
    assert read_runs(tmp_path / "none.yaml") == {}
    assert (
        printed.between([0.5, None, None]) == "0.500"
        and printed.between([0.5, 0.4, 0.6]) == "0.500 (0.400 to 0.600)"
    )


def test_cross_validations_of_the_same_name_in_two_folders_are_both_kept(tmp_path):
    across = tmp_path / "crossvalidation" / "skin"
    for way, value in ((".", 0.5), ("slow", 0.6)):
        for name in ("fused", "image"):
            folder = across / way / name
            folder.mkdir(parents=True)
            (folder / "crossvalidation.yaml").write_text(f"value: {value}\n", "utf-8")
        (across / way / "metadata_question.yaml").write_text(f"difference: {value}\n", "utf-8")
    found = collected("skin", tmp_path, {})
    assert {name: one["value"] for name, one in found["crossvalidation"].items()} == {
        "fused": 0.5, "image": 0.5, "slow/fused": 0.6, "slow/image": 0.6,
    }  # fmt: skip
    assert found["metadata_question"] == {"difference": 0.5}
    (across / "metadata_question.yaml").unlink()
    assert collected("skin", tmp_path, {})["metadata_question"] == {"difference": 0.6}


def test_the_cross_validation_of_a_modality_bears_its_name(tmp_path):
    folder = tmp_path / "crossvalidation" / "breast"
    folder.mkdir(parents=True)
    (folder / "crossvalidation.yaml").write_text("value: 0.5\n", "utf-8")
    assert collected("breast", tmp_path, {})["crossvalidation"] == {"breast": {"value": 0.5}}
