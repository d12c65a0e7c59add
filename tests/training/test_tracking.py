"""Runs in a real MLflow store: what stands there, and that nothing stands there twice."""

import csv
import importlib.util
import json

import pytest
import yaml

from tests.training.drawn_sets import draw_set
from util.training import tracking
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError

needs_mlflow = pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="skipped: no MLflow")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A store of this module, made once: MLflow takes seconds to set its tables up."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        patch.delenv("PENUMBRA_TRACK", raising=False)
        from mlflow import MlflowClient

        yield MlflowClient(tracking.store())


def write_run(folder, epochs: int, modality: str = "chest", **changes):
    """What `fit` leaves after so many epochs."""
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(configuration(modality, **changes).as_yaml(), "utf-8")
    with (folder / "history.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["epoch", "loss", "auc"])
        writer.writerows([epoch, 1 / epoch, 0.5 + epoch / 10] for epoch in range(1, epochs + 1))
    return folder


def runs(client, folder) -> list:
    known = [experiment.experiment_id for experiment in client.search_experiments()]
    return client.search_runs(known, f"tags.folder = '{folder.name}'")


def curve(client, run, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


def names(client, run, folder: str | None = None) -> set[str]:
    return {entry.path for entry in client.list_artifacts(run.info.run_id, folder)}


@needs_mlflow
def test_a_run_stands_in_the_store_with_its_parameters_its_curves_and_its_files(client, tmp_path):
    folder = write_run(tmp_path / "whole", 3, lr=0.0125)
    (folder / "model.h5").write_bytes(b"network")
    (folder / "validation.json").write_text(json.dumps({"auc": 0.75, "recall": {"sick/ill": 0.5}, "n": 7}))
    tracking.record(folder)
    (run,) = runs(client, folder)
    assert run.info.status == "FINISHED" and run.data.tags["modality"] == "chest"
    assert run.data.params["lr"] == "0.0125" and run.data.params["augmentation.flip"] == "horizontal"
    assert json.loads(run.data.params["chain"])[0] == {"step": "grey"}
    assert curve(client, run, "auc") == [(1, 0.6), (2, 0.7), (3, 0.8)]
    assert run.data.metrics["validation_auc"] == 0.75
    assert run.data.metrics["validation_recall_sick/ill"] == 0.5
    assert names(client, run) == {"config.yaml", "history.csv", "model.h5", "validation.json"}


@needs_mlflow
def test_a_run_that_was_taken_up_again_stands_there_once_with_each_epoch_once(client, tmp_path):
    folder = tmp_path / "resumed"
    with pytest.raises(KeyboardInterrupt), tracking.tracked(folder, True) as on_epoch:
        write_run(folder, 1)
        on_epoch()
        write_run(folder, 2)
        on_epoch()
        raise KeyboardInterrupt
    (run,) = runs(client, folder)
    assert run.info.status == "KILLED"
    with tracking.tracked(folder, True) as on_epoch:
        for epochs in (2, 3):
            write_run(folder, epochs)
            on_epoch()
            assert runs(client, folder)[0].info.status == "RUNNING"
    (run,) = runs(client, folder)
    assert run.info.status == "FINISHED"
    assert [step for step, _ in curve(client, run, "loss")] == [1, 2, 3]
    tracking.record(folder)
    assert len(runs(client, folder)) == 1 and len(curve(client, run, "loss")) == 3


@needs_mlflow
def test_a_refusal_changes_nothing_of_the_run_that_the_folder_holds(client, tmp_path):
    folder = write_run(tmp_path / "refused", 1)
    tracking.record(folder)
    with pytest.raises(DataError), tracking.tracked(folder, True):
        raise DataError("training.other_run", received=str(folder))
    with (
        pytest.raises(ZeroDivisionError),
        tracking.tracked(write_run(tmp_path / "broken", 1), True) as on_epoch,
    ):
        on_epoch()
        raise ZeroDivisionError
    assert runs(client, folder)[0].info.status == "FINISHED"
    assert runs(client, tmp_path / "broken")[0].info.status == "FAILED"


@needs_mlflow
def test_a_store_that_fails_ends_no_training_and_gets_what_it_missed(client, tmp_path, capsys):
    folder = tmp_path / "locked"
    with tracking.tracked(folder, True) as on_epoch:
        write_run(folder, 1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(client), "create_run", lambda *_, **__: 1 / 0)
            on_epoch()
        write_run(folder, 2)
        on_epoch()
    assert "division by zero" in capsys.readouterr().err
    (run,) = runs(client, folder)
    assert [step for step, _ in curve(client, run, "loss")] == [1, 2]


@needs_mlflow
def test_a_store_that_is_locked_at_the_end_ends_nothing_and_is_one_sentence_of_the_command(
    client, tmp_path, capsys
):
    folder = write_run(tmp_path / "busy", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(client), "create_run", lambda *_, **__: 1 / 0)
        with tracking.tracked(folder, True):
            pass
        assert capsys.readouterr().err.count("\n") == 1
        assert main(["track", "--modality", "chest", "--run", str(folder)]) == 2
        assert capsys.readouterr().err.startswith("MLflow did not take this (division by zero)")


@needs_mlflow
def test_a_run_that_diverged_ends_as_failed(client, tmp_path):
    folder = write_run(tmp_path / "diverged", 1)
    with pytest.raises(DataError), tracking.tracked(folder, True) as on_epoch:
        on_epoch()
        raise DataError("training.diverged", epoch="2", rate="1")
    assert runs(client, folder)[0].info.status == "FAILED"


@needs_mlflow
def test_a_run_taken_up_again_elsewhere_stands_there_once(client, tmp_path):
    folder = write_run(tmp_path / "moved", 1)
    first = tracking.record(folder)
    write_run(folder, 2, num_workers=8, device="gpu", checkpoint_steps=9)
    assert tracking.record(folder) == first


@needs_mlflow
def test_another_configuration_in_the_same_folder_is_another_run(client, tmp_path):
    folder = write_run(tmp_path / "two", 1)
    first = tracking.record(folder)
    write_run(folder, 1, lr=0.5)
    assert tracking.record(folder) != first
    assert {run.data.params["lr"] for run in runs(client, folder)} == {"0.0004", "0.5"}


@needs_mlflow
def test_the_card_joins_the_run_it_was_made_from(client, tmp_path):
    folder, shelf = write_run(tmp_path / "carded", 1), tmp_path / "model"
    shelf.mkdir()
    card = "name: drawn\ntest: {figures: {auc: {value: 0.9, low: 0.8, high: 1.0}}}\n"
    (shelf / "card.yaml").write_text(card)
    tracking.record_card(folder, shelf)
    assert runs(client, folder) == []
    tracking.record(folder)
    tracking.record_card(folder, shelf)
    (run,) = runs(client, folder)
    assert run.data.tags["card"] == "drawn" and run.data.metrics["test_auc"] == 0.9
    assert names(client, run, "card") == {"card/card.yaml"}


@needs_mlflow
def test_a_report_that_is_written_later_joins_a_tracked_run_alone(client, tmp_path, capsys):
    folder = write_run(tmp_path / "reported", 1)
    (folder / "report.html").write_text("<p>figures</p>")
    tracking.record_again(folder)
    assert runs(client, folder) == []
    with tracking.tracked(folder, True):
        (folder / "report.html").unlink()
    (folder / "report.html").write_text("<p>more</p>")
    tracking.record_again(folder)
    assert "report.html" in names(client, runs(client, folder)[0])
    # On a machine without the store nothing is lost, and it is said.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "mlflow", None)
        tracking.record_again(folder)
    assert "requirements-training.txt" in capsys.readouterr().err


@needs_mlflow
def test_a_finished_run_is_put_there_by_a_command(client, tmp_path, capsys):
    folder = write_run(tmp_path / "late", 1)
    assert main(["track", "--modality", "chest", "--run", str(folder)]) == 0
    (run,) = runs(client, folder)
    assert run.info.run_id in capsys.readouterr().out
    assert main(["track", "--modality", "chest", "--run", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_without_mlflow_one_sentence_says_so_before_anything_is_trained(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "mlflow", None)
        patch.setenv("PENUMBRA_TRACK", "1")
        with pytest.raises(DataError, match="requirements-training.txt"), tracking.tracked(tmp_path):
            raise AssertionError("trained without a store")


def test_what_is_not_asked_for_is_not_tracked(tmp_path, monkeypatch):
    monkeypatch.delenv("PENUMBRA_TRACK", raising=False)
    with tracking.tracked(tmp_path) as on_epoch:
        assert on_epoch is None
    assert list(tmp_path.iterdir()) == []


@needs_mlflow
def test_a_real_run_that_was_stopped_and_its_card_are_one_run_in_the_store(client, tmp_path, monkeypatch):
    monkeypatch.setattr("util.training.prepared_store.CACHE", tmp_path / "prepared")
    draw_set(tmp_path / "data", "chest", (-1, 0, 1))
    folder = tmp_path / "real"
    common = ["--modality", "chest", "--data-root", str(tmp_path / "data")]
    tiny = (
        "--model cnn --weights none --img-size 32 --epochs 2 --images-per-epoch 16 --batch-size 8 --lr 0.002"
    )
    fit = ["fit", *common, *tiny.split(), "--output-dir", str(folder), "--track"]
    record = tracking.record

    def stopped(*arguments) -> None:
        record(*arguments)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tracking, "record", stopped)
        main(fit)
    assert [step for step, _ in curve(client, runs(client, folder)[0], "loss")] == [1]
    assert main(fit) == 0
    shelf = str(tmp_path / "shelf")
    assert (
        main(["calibrate", *common, "--run", str(folder), "--model-folder", shelf, "--texts", "chest-cnn"])
        == 0
    )
    (run,) = runs(client, folder)
    assert run.info.status == "FINISHED"
    given = yaml.safe_load((folder / "config.yaml").read_text())
    assert run.data.params == tracking.parameters(given) and run.data.params["lr"] == "0.002"
    history = list(csv.DictReader((folder / "history.csv").open()))
    assert curve(client, run, "loss") == [(k, float(row["loss"])) for k, row in enumerate(history, 1)]
    assert len(curve(client, run, "auc")) == 2 and "validation_balanced_accuracy" in run.data.metrics
    kept = {"config.yaml", "history.csv", "summary.json", "model.h5", "validation.json", "card"}
    assert names(client, run) == kept and "card/card.yaml" in names(client, run, "card")
