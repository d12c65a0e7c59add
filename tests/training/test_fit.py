"""The whole training room on a tiny data set drawn here: index, fit, resume, calibrate, evaluate."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError, data_root
from util.training.dataset import parts, read_index
from util.training.networks import build, load_arrays, save_shipped


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


FIT = "fit --modality chest --img-size 32 --epochs 2 --images-per-epoch 48 --batch-size 8 --lr 0.001 --ema 0.9".split()
FIT += ["--dropout", "0"]  # its draws alone differ after a restart


def run(tiny, output, *more) -> int:
    return main([*FIT, "--data-root", str(tiny), "--output-dir", str(output), *more])


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    output = tmp_path_factory.mktemp("run")
    assert run(tiny, output) == 0
    return output


def test_a_run_leaves_a_model_its_configuration_and_its_history(finished):
    history = list(csv.DictReader((finished / "history.csv").open()))
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert (finished / "model.h5").stat().st_size < 6e6
    assert "validation_fold" in (finished / "config.yaml").read_text()


def test_a_run_that_was_stopped_goes_on_and_ends_where_an_uninterrupted_one_does(tiny, finished, tmp_path):
    import keras

    from util.training import fit as room

    # Killed after the first epoch: the second never starts.
    original = room._checkpoint

    def killed(*arguments):
        original(*arguments)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_checkpoint", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tiny, tmp_path)
    with np.load(tmp_path / "checkpoint.npz") as stored:
        first = dict(stored)
    assert run(tiny, tmp_path) == 0
    history = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [row["epoch"] for row in history] == ["1", "2"]
    whole, resumed = (
        keras.models.load_model(folder / "model.h5", compile=False) for folder in (finished, tmp_path)
    )
    apart = moved = 0.0
    for i, (a, b) in enumerate(zip(whole.get_weights(), resumed.get_weights(), strict=True)):
        apart += float(np.abs(a - b).sum())
        moved += float(np.abs(a - first[f"w{i}"]).sum())
    assert apart < 0.05 * moved


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
    from util.training.fit import _record

    for epoch, loss in [(0, 3.0), (1, 2.0), (1, 1.0)]:
        _record(tmp_path, epoch, loss, {"auc": 0.5}, 1.0, lambda *_, **__: None)
    history = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [(row["epoch"], row["loss"]) for row in history] == [("1", "3.0"), ("2", "1.0")]


def test_what_a_run_cannot_use_is_one_sentence(tiny, tmp_path, capsys):
    command = [*FIT, "--data-root", tiny, "--output-dir", tmp_path / "run"]
    assert "vgg" in said(capsys, *command, "--model", "vgg")
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

    folder = tmp_path / "models" / "tiny"
    common = ["--modality", "chest", "--data-root", str(tiny)]
    assert main(["calibrate", *common, "--run", str(finished), "--model-folder", str(folder)]) == 0
    card = load_card(folder)
    assert card.calibration.fitted_on.startswith("validation fold 0") and card.test is None
    assert card.grey_zone.low <= card.decision.threshold <= card.grey_zone.high
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENUMBRA_MODELS", str(folder.parent))
        command = ["evaluate", *common, "--split", "test", "--draws", "20"]
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
    common = ["calibrate", "--modality", "chest", "--data-root", str(tiny), "--run", str(finished)]
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
        assert two.name in said(capsys, "evaluate", "--modality", "chest", "--data-root", tiny)


def test_shipped_arrays_are_half_precision_and_answer_like_the_network_they_came_from(tmp_path):
    import keras

    network = build("mobilenetv2", 32, 3, metadata_width=5, activation="softmax")
    image, row = np.random.default_rng(0).random((2, 32, 32, 3)) * 255, np.ones((2, 5))
    before = np.asarray(network([image, row]))
    save_shipped(network, tmp_path / "model.h5")
    assert (tmp_path / "model.h5").stat().st_size < 7e6
    loaded = keras.models.load_model(tmp_path / "model.h5", compile=False)
    assert loaded.get_weights()[0].dtype == np.float32
    assert np.abs(np.asarray(loaded([image, row])) - before).max() < 5e-3


def test_pre_trained_arrays_fill_the_layers_they_name_and_misfits_are_said(tmp_path):
    network = build("mobilenetv2", 32, 1)
    kernel = network.get_layer("Conv1").get_weights()[0]
    np.savez(tmp_path / "w.npz", **{"Conv1/0": np.ones_like(kernel, np.float16)})
    assert load_arrays(network, tmp_path / "w.npz") == 1
    assert (network.get_layer("Conv1").get_weights()[0] == 1).all()
    np.savez(tmp_path / "bad.npz", **{"Conv1/0": np.ones((1, 1))})
    with pytest.raises(DataError, match="Conv1"):
        load_arrays(network, tmp_path / "bad.npz")


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
