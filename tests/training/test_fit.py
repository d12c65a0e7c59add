"""The whole training room on a tiny data set drawn here: index, fit, resume, calibrate, evaluate."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError, data_root
from util.training.dataset import parts, read_index
from util.training.networks import build, save_shipped


def draw_chest(root, images_a_fold: int = 24) -> None:
    """Noise films; the sick ones are brighter in the middle. Patients have two films each."""
    folder = root / "chest"
    rng = np.random.default_rng(0)
    rows = []
    for fold in (-1, 0, 1):
        for number in range(images_a_fold):
            label = ("NORMAL", "PNEUMONIA")[number % 4 > 1]
            film = rng.normal(90, 20, (64, 64))
            film[20:44, 20:44] += 70 * (label == "PNEUMONIA")
            path = folder / "images" / f"f{fold}_{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(film, 0, 255).astype(np.uint8)).save(path)
            patient = f"IM-{label}-{100 * (fold + 1) + number // 2}"
            rows.append([f"images/{path.name}", label, patient, fold])
    write_index(root, rows)


def write_index(root, rows, header=("path", "label", "patient", "fold")) -> None:
    (root / "chest").mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    (root / "chest" / "index.csv").write_text(text.getvalue(), "utf-8")


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    """Prepared arrays of this module only: a stored one is found by its paths, whatever was drawn under them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("util.training.prepared_store.CACHE", tmp_path_factory.mktemp("prepared"))
        yield


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    draw_chest(root)
    return root


FIT = "fit --modality chest --model cnn --img-size 32 --epochs 2 --images-per-epoch 48 --batch-size 8".split()
FIT += "--lr 0.001 --ema 0.9 --dropout 0.2 --checkpoint-steps 2".split()


def run(tiny, output, *more) -> int:
    return main([*FIT, "--data-root", str(tiny), "--output-dir", str(output), *map(str, more)])


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    output = tmp_path_factory.mktemp("run")
    assert run(tiny, output) == 0
    return output


def history(folder) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_run_leaves_a_model_its_configuration_and_its_history(finished):
    rows = history(finished)
    assert [row["epoch"] for row in rows] == ["1", "2"]
    columns = ["epoch", "loss", "auc", "balanced_accuracy", "learning_rate", "seconds"]
    assert list(rows[0]) == columns
    assert (finished / "model.h5").stat().st_size < 2e6
    assert "validation_fold" in (finished / "config.yaml").read_text()
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["images_seen"] == 96 and summary["train_images"] == 24 and summary["train_groups"] == 12
    assert summary["weights_from"] == "none" and summary["parameters"] > 1000


def test_a_run_leaves_what_it_says_of_its_validation_part(tiny, finished):
    import keras

    from util.training.batches import read_out
    from util.training.loading import load_part

    with np.load(finished / "validation.npz") as stored:
        said = dict(stored)
    held = parts(read_index(tiny, "chest"))["validation"]
    assert said["path"].tolist() == list(held.paths) and said["group"].tolist() == held.group.tolist()
    assert said["scores"].shape == (24, 1) and said["target"].tolist() == held.target.tolist()
    figures = json.loads((finished / "validation.json").read_text())
    right = (said["scores"][:, 0] > 0) == held.target
    assert figures["accuracy"] == pytest.approx(right.mean())
    assert figures["recall"]["PNEUMONIA"] == pytest.approx(right[held.target == 1].mean())
    assert (figures["n"], figures["groups"]) == (24, 12)
    # The scores are those of the file, before its activation.
    loaded = load_part(held, configuration("chest", finished / "config.yaml").chain, 32, None)
    shipped = keras.models.load_model(finished / "model.h5", compile=False)
    chances = read_out(shipped, loaded.images, None, 32)
    assert 1 / (1 + np.exp(-said["scores"])) == pytest.approx(chances, abs=2e-3)


class Killed(BaseException):
    """What ends a run from outside."""


def kill_at(patch, epoch: int, step: int) -> None:
    """Let the run die before this step, after the one before it was trained."""
    from util.training.loop import Loop

    whole = Loop._step

    def fatal(loop, *arguments):
        if (loop.progress.epoch, loop.progress.step) == (epoch, step):
            raise Killed
        whole(loop, *arguments)

    patch.setattr(Loop, "_step", fatal)


def apart(one, other) -> float:
    """The largest difference between the arrays of two checkpoints."""
    with np.load(one / "checkpoint.npz") as a, np.load(other / "checkpoint.npz") as b:
        assert set(a.files) == set(b.files)
        return max(float(np.abs(a[key] - b[key]).max()) for key in a.files if key[0] in "wab")


def test_a_run_killed_in_mid_epoch_goes_on_and_ends_where_an_uninterrupted_one_does(tiny, finished, tmp_path):
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_at(patch, 1, 5)
        run(tiny, tmp_path)
    assert not (tmp_path / "model.h5").exists()
    assert apart(tmp_path, finished) > 1e-4
    assert run(tiny, tmp_path) == 0
    assert apart(tmp_path, finished) < 1e-5
    whole, resumed = history(finished), history(tmp_path)
    assert [row["epoch"] for row in resumed] == ["1", "2"]
    for a, b in zip(whole, resumed, strict=True):
        assert float(a["loss"]) == pytest.approx(float(b["loss"]), abs=2e-5)
    counts = [
        json.loads((folder / "summary.json").read_text())["images_seen"] for folder in (finished, tmp_path)
    ]
    assert counts[0] == counts[1] == 96


PHASES = "--epochs 1 --fine-tune-epochs 2 --unfreeze progressive --schedule plateau --optimizer sgd".split()


def test_two_phases_start_from_another_run_and_survive_a_kill_in_the_second(tiny, finished, tmp_path):
    two = [*PHASES, "--weights", finished]
    assert run(tiny, tmp_path / "whole", *two) == 0
    rates = [float(row["learning_rate"]) for row in history(tmp_path / "whole")]
    assert rates == pytest.approx([0.001, 0.0001, 0.00005])
    assert json.loads((tmp_path / "whole" / "summary.json").read_text())["weights_from"].endswith("model.h5")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_at(patch, 1, 3)
        run(tiny, tmp_path / "killed", *two)
    # The head alone has been trained before the trunk thaws.
    with np.load(tmp_path / "killed" / "checkpoint.npz") as stored:
        assert json.loads(str(stored["progress"]))["phase"] == 1
    assert run(tiny, tmp_path / "killed", *two) == 0
    assert apart(tmp_path / "whole", tmp_path / "killed") < 1e-5


def test_patience_ends_a_run_and_keeps_the_best_epoch(tiny, tmp_path):
    import keras

    values = iter([0.6, 0.9, 0.7, 0.8, 0.95])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "util.training.loop.quick_figures", lambda *_: {"auc": next(values), "balanced_accuracy": 0.5}
        )
        assert run(tiny, tmp_path, "--epochs", 8, "--patience", 2) == 0
    assert [row["auc"] for row in history(tmp_path)] == ["0.6", "0.9", "0.7", "0.8"]
    shipped = keras.models.load_model(tmp_path / "model.h5", compile=False).get_weights()
    with np.load(tmp_path / "checkpoint.npz") as stored:
        best, last = ([stored[f"{letter}{i}"] for i in range(len(shipped))] for letter in "ba")
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(shipped, best, strict=True))
    assert not all(np.allclose(a, b, atol=1e-3) for a, b in zip(shipped, last, strict=True))


def test_a_run_learns_from_a_teacher(tiny, finished, tmp_path):
    # Begun where its teacher ended, and hardly moved, a student says what the teacher says of every batch.
    same = ["--epochs", 1, "--weights", finished, "--dropout", 0, "--lr", 1e-8]
    taught = ["--teacher", f"{finished},{finished}", "--distil-share", 1]
    assert run(tiny, tmp_path, *same, *taught) == 0
    assert float(history(tmp_path)[0]["loss"]) < 1e-4
    assert float(history(finished)[1]["loss"]) > 0.05


def test_a_loss_that_is_no_number_is_one_sentence(tiny, tmp_path, capsys):
    command = [*FIT, "--data-root", tiny, "--output-dir", tmp_path, "--optimizer", "sgd", "--lr", 10]
    command += ["--schedule", "constant", "--epochs", 40, "--weights", "none", "--ema", 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.Model.train_on_batch", lambda *_: float("nan"))
        capsys.readouterr()
        assert main([str(word) for word in command]) == 2
    assert "--lr" in capsys.readouterr().err.splitlines()[-1]


def said(capsys, *command) -> str:
    """The one sentence with which a command is refused."""
    capsys.readouterr()
    assert main([str(word) for word in command]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_a_run_of_other_options_does_not_go_on_from_this_one(tiny, finished, capsys):
    before = (finished / "config.yaml").read_text()
    command = [*FIT, "--data-root", tiny, "--output-dir", finished]
    assert str(finished) in said(capsys, *command, "--refit")
    assert str(finished) in said(capsys, *command, "--seed", "8")
    assert (finished / "config.yaml").read_text() == before


def test_an_epoch_that_is_trained_again_has_one_line_in_the_history(tmp_path):
    from util.training.loop import record

    # The first line is of a run begun before the learning rate was written down.
    record(tmp_path, {"epoch": 1, "loss": 3.0})
    for loss in (2.0, 1.0):
        record(tmp_path, {"epoch": 2, "loss": loss, "learning_rate": 0.5})
    rows = [(row["epoch"], row["loss"], row["learning_rate"]) for row in history(tmp_path)]
    assert rows == [("1", "3.0", ""), ("2", "1.0", "0.5")]


def test_a_line_that_is_never_written_whole_costs_no_earlier_epoch(tmp_path, monkeypatch):
    from util.training.loop import record

    def killed(*_):
        raise KeyboardInterrupt

    record(tmp_path, {"epoch": 1, "loss": 3.0})
    monkeypatch.setattr(csv.DictWriter, "writerows", killed)
    with pytest.raises(KeyboardInterrupt):
        record(tmp_path, {"epoch": 2, "loss": 2.0})
    assert [row["loss"] for row in history(tmp_path)] == ["3.0"]


def test_what_a_run_cannot_use_is_one_sentence(tiny, tmp_path, capsys):
    command = [*FIT, "--data-root", tiny, "--output-dir", tmp_path / "run"]
    assert "vgg" in said(capsys, *command, "--model", "vgg-none")
    assert "none.npz" in said(capsys, *command, "--weights", tmp_path / "none.npz")
    assert "none.yaml" in said(capsys, *command, "--config", tmp_path / "none.yaml")
    (tmp_path / "short.yaml").write_text("modality: chest\nmodel: mobilenetv2\n")
    assert "img_size" in said(capsys, *command, "--config", tmp_path / "short.yaml")
    (tmp_path / "chest.yaml").write_text(configuration("chest").as_yaml())
    skin = ["fit", "--modality", "skin", "--config", tmp_path / "chest.yaml"]
    assert "chest" in said(capsys, *skin, "--data-root", tiny)
    ablate = ["ablate", "--modality", "chest", "--data-root", tiny]
    assert "mobilenetv2" in said(capsys, *ablate)
    write = ["evaluate", "--modality", "chest", "--data-root", tiny, "--write"]
    assert "--split test" in said(capsys, *write)


def test_calibrate_and_evaluate_write_a_card_that_the_app_can_read(tiny, finished, tmp_path, capsys):
    from util.modelstore import load_card

    folder = tmp_path / "models" / "chest-cnn"
    common = ["--modality", "chest", "--data-root", str(tiny)]
    words = ["--texts", "chest-cnn", "--run", str(finished)]
    assert main(["calibrate", *common, *words, "--model-folder", str(folder)]) == 0
    card = load_card(folder)
    assert card.calibration.fitted_on.startswith("validation fold 0") and card.test is None
    assert card.grey_zone.low <= card.decision.threshold <= card.grey_zone.high
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENUMBRA_MODELS", str(folder.parent))
        command = ["evaluate", *common, "--model-name", card.name, "--split", "test", "--draws", "20"]
        command += ["--quick", "--output-dir", str(tmp_path / "evaluation")]
        assert main([*command, "--write"]) == 0
        assert main(command) == 0
    card = load_card(folder)
    printed = capsys.readouterr().out
    assert f"{card.test.figures['auc'].value:.4f}" in printed
    assert card.test.images == 24 and card.test.groups == 12
    assert {"probability", "feature_mean"} <= set(card.arrays.values)


def test_a_refitted_run_is_shipped_with_the_choices_of_the_run_before_it(tiny, finished, tmp_path, capsys):
    from util.modelstore import load_card, sha256_of

    again = tmp_path / "again"
    assert run(tiny, again, "--refit", "--epochs", "1") == 0
    assert "auc" not in (again / "history.csv").read_text()
    assert not (again / "validation.npz").exists()
    common = ["calibrate", "--modality", "chest", "--data-root", str(tiny), "--run", str(finished)]
    common += ["--texts", "chest-cnn"]
    assert main([*common, "--model-folder", str(tmp_path / "one")]) == 0
    second = tmp_path / "shelf" / "two"
    assert main([*common, "--refitted", str(again), "--model-folder", str(second)]) == 0
    one, two = load_card(tmp_path / "one"), load_card(second)
    assert two.sha256 == sha256_of(again / "model.h5") != one.sha256
    assert (two.calibration, two.decision, two.grey_zone) == (one.calibration, one.decision, one.grey_zone)
    assert two.extra["training"]["images"] == 48 and two.extra["training"]["refitted"]
    # It has seen the validation fold: nothing is fitted and nothing measured there.
    alone = ["calibrate", "--modality", "chest", "--data-root", tiny, "--run", again]
    assert str(again) in said(capsys, *alone, "--model-folder", tmp_path / "three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENUMBRA_MODELS", str(tmp_path / "shelf"))
        command = ["evaluate", "--modality", "chest", "--data-root", tiny, "--model-name", two.name]
        assert two.name in said(capsys, *command)


def test_shipped_arrays_are_half_precision_and_answer_like_the_network_they_came_from(tmp_path):
    import keras

    network = build("cnn-bn", 32, 3, metadata_width=5, activation="softmax")
    image, row = np.random.default_rng(0).random((2, 32, 32, 3)) * 255, np.ones((2, 5))
    before = np.asarray(network([image, row]))
    save_shipped(network, tmp_path / "model.h5")
    assert (tmp_path / "model.h5").stat().st_size < 2.5 * network.count_params()
    loaded = keras.models.load_model(tmp_path / "model.h5", compile=False)
    assert loaded.get_weights()[0].dtype == np.float32
    assert np.abs(np.asarray(loaded([image, row])) - before).max() < 5e-3


ROW = ["images/f0_0.png", "NORMAL", "p1", 0]
BAD = {
    "a missing column": ([ROW[:3]], ("path", "label", "patient"), "fold"),
    "an unknown label": ([["images/f0_0.png", "COVID", "p1", 0]], None, "COVID"),
    "a missing image": ([["images/none.png", "NORMAL", "p1", 0]], None, "none.png"),
    "a leak": ([ROW, ["images/f0_1.png", "NORMAL", "p1", -1]], None, "p1"),
    "no rows": ([], None, "row"),
    "a fold that is no number": ([[*ROW[:3], "test"]], None, "test"),
    "a row cut short": ([ROW[:3]], None, "fold"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_index_is_one_sentence_before_training_starts(tiny, tmp_path, case, capsys):
    rows, header, named = BAD[case]
    (tmp_path / "chest").mkdir()
    (tmp_path / "chest" / "images").symlink_to(tiny / "chest" / "images")
    write_index(tmp_path, rows, header or ("path", "label", "patient", "fold"))
    assert run(tmp_path, tmp_path / "run") == 2
    error = capsys.readouterr().err
    assert named in error and error.count("\n") == 1


def test_a_missing_data_folder_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="--data-root"):
        data_root(tmp_path / "nowhere")


def test_the_parts_share_no_group(tiny):
    split = parts(read_index(tiny, "chest"))
    groups = [set(part.group.tolist()) for part in split.values()]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    assert sum(len(part) for part in split.values()) == 72
