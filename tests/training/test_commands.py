"""The command line: every sub-command a file, every option in --help."""

import pkgutil

import numpy as np
import pytest
from PIL import Image

from util.training import commands
from util.training.__main__ import main


def said(capsys, *command) -> str:
    capsys.readouterr()
    assert main([str(word) for word in command]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def help_of(capsys, *command) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_every_file_of_the_folder_is_a_command_with_a_help(capsys):
    listed = help_of(capsys)
    names = [entry.name for entry in pkgutil.iter_modules(commands.__path__)]
    assert {"fit", "calibrate", "evaluate", "ablate"} <= set(names)
    for name in names:
        assert name in listed
        assert "--data-root" in help_of(capsys, name)


STUDENTS = (
    "--data-root --img-size --batch-size --num-workers --model --num-classes --epochs --lr --weight-decay --dropout "
    "--patience --fine-tune-epochs --ft-lr --device --seed --output-dir"
).split()


def test_the_options_that_students_know_work_under_their_names(capsys):
    listed = help_of(capsys, "fit")
    assert all(f"{option} " in listed for option in STUDENTS)


@pytest.fixture
def folders(tmp_path):
    """Three classes in folders of their own."""
    rng = np.random.default_rng(0)
    for k, name in enumerate("abc"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(12):
            picture = rng.integers(0, 80, (40, 40, 3)) + 80 * (np.arange(3) == k)
            Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


OWN = (
    "fit --modality own --model cnn-bn --img-size 32 --epochs 1 --images-per-epoch 16 --batch-size 8".split()
)


def test_a_folder_of_class_folders_trains(folders, tmp_path, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("util.training.prepared_store.CACHE", tmp_path / "prepared")
        command = [*OWN, "--data-root", folders, "--output-dir", tmp_path / "run"]
        assert "a, b, c" in said(capsys, *command, "--num-classes", 4)
        command += (
            "--num-classes 3 --loss class_balanced_focal --mixup 1 --num-workers 2 --device cpu".split()
        )
        assert main([str(word) for word in command]) == 0
    with np.load(tmp_path / "run" / "validation.npz") as stored:
        assert stored["scores"].shape[1] == 3
    config = (tmp_path / "run" / "config.yaml").read_text()
    assert "loss: class_balanced_focal" in config and "mixup: 1.0" in config


def test_a_device_that_is_absent_is_one_sentence(folders, capsys, monkeypatch):
    monkeypatch.setattr("util.training.device._has_gpu", lambda backend: False)
    assert "--device" in said(capsys, *OWN, "--data-root", folders, "--device", "gpu")


def test_a_frozen_trunk_of_random_arrays_is_refused(folders, capsys):
    command = [*OWN, "--data-root", folders, "--fine-tune-epochs", 2]
    assert "--fine-tune-epochs" in said(capsys, *command)


@pytest.mark.parametrize(
    "command",
    [
        "search --random -1",
        "search --random 0",
        "search --random 2 --draw-seed -1",
        "ablate --images -1",
        "crossvalidate --draws 0",
        "ensemble --runs a b --draws 0",
        "leakage --draws 0",
        "compare --draws 0",
    ],
)
def test_a_number_that_cannot_be_is_one_sentence_before_anything_is_read(capsys, tmp_path, command):
    name, *words = command.split()
    error = said(capsys, name, "--modality", "chest", "--data-root", tmp_path / "none", *words)
    assert error.startswith("Expected ") and error.endswith(f"received {words[-1]}.\n")


def test_probes_of_a_class_that_was_not_drawn_are_one_sentence(folders, monkeypatch):
    from util.training import ablate
    from util.training.data_root import DataError

    monkeypatch.setattr(ablate.networks, "load_arrays", lambda *_: 0)
    with pytest.raises(DataError, match="2 training images drawn"):
        ablate.ablate("own", folders, None, folders / "out.json", 2)


def test_films_without_patient_numbers_have_no_unlike_part(tmp_path):
    from tests.training.drawn_folders import draw_classes
    from util.training.ablate import unlike_normals
    from util.training.dataset import parts, read_index

    draw_classes(tmp_path, {"NORMAL": 6, "PNEUMONIA": 6})
    train = parts(read_index(tmp_path, "chest"), 1)["train"]
    assert not unlike_normals(train).any()
