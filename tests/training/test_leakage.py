"""The lesson on leaks: both networks keep one fold out, the leak is measured against it, and so is choosing on it."""

import numpy as np
import pytest
import yaml

from tests.training.drawn_sets import TINY, draw_set, quickly
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import folds_over_images, parts, read_index
from util.training.studies.leakage import difference, selection, yardstick_fold
from util.training.studies.runs import Answers, read_answers


@pytest.fixture(scope="module", autouse=True)
def own_store(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return draw_set(tmp_path_factory.mktemp("data"), "chest", (-1, 0, 1, 2))


def answers(scores, target, prefix: str) -> Answers:
    names = np.array([f"{prefix}{i}" for i in range(len(target))])
    return Answers(np.asarray(scores, float)[:, None], np.asarray(target), names, names)


def test_folds_over_images_share_groups_but_leave_the_folds_kept_out_alone(films):
    data = read_index(films, "chest")
    fold = folds_over_images(data, kept_out=(1,))
    assert np.array_equal(fold[np.isin(data.fold, [-1, 1])], data.fold[np.isin(data.fold, [-1, 1])])
    assert sorted(fold.tolist()) == sorted(data.fold.tolist())
    leaky = parts(data, 0, split="image", kept_out=(-1, 1))
    assert set(leaky["train"].group.tolist()) & set(leaky["validation"].group.tolist())
    honest = parts(data, 0, kept_out=(-1, 1))
    assert not set(honest["train"].group.tolist()) & set(honest["validation"].group.tolist())
    yard = set(data.group[data.fold == 1].tolist())
    for split in (leaky, honest):
        assert not yard & set(split["train"].group.tolist() + split["validation"].group.tolist())


def test_the_yardstick_is_neither_test_nor_validation_and_something_is_left_to_train_on(films):
    data = read_index(films, "chest")
    assert yardstick_fold(data, 0) == 1 and yardstick_fold(data, 1) == 0
    with pytest.raises(DataError, match="folds"):
        yardstick_fold(data.take(data.fold < 2), 0)


def test_a_difference_between_parts_is_that_of_their_figures_with_room_on_both_sides():
    rng = np.random.default_rng(0)
    target = np.arange(300) % 2
    good = answers(target + rng.normal(0, 0.4, 300) - 0.5, target, "a")
    poor = answers(target + rng.normal(0, 1.5, 300) - 0.5, target, "b")
    found = difference(good, poor, 1, 2, 100)
    value, low, high = found["auc"]
    assert 0.1 < low < value < high < 0.5
    value, low, high = difference(good, good, 1, 2, 100)["balanced_accuracy"]
    assert value == 0 and low < 0 < high


def test_the_best_of_many_epochs_of_noise_flatters_and_the_epoch_chosen_elsewhere_does_not(tmp_path):
    rng = np.random.default_rng(1)
    target = np.arange(60) % 2
    epochs = {f"epoch{k}": rng.normal(0, 1, (60, 1)) for k in range(1, 31)}
    np.savez(tmp_path / "watched.npz", target=target, group=np.arange(60).astype(str), **epochs)
    lines = [f"{k},{0.5 + 0.001 * k},{0.6 - 0.001 * k}" for k in range(1, 31)]
    (tmp_path / "history.csv").write_text("\n".join(["epoch,auc,balanced_accuracy", *lines]), "utf-8")
    found = selection(tmp_path, draws=20)
    assert found["epochs"] == 30
    assert found["auc"]["epoch_chosen_by_validation"] == 30
    assert found["balanced_accuracy"]["epoch_chosen_by_validation"] == 1
    best, honest = found["auc"]["best_of_epochs"][0], found["auc"]["chosen_by_validation"][0]
    assert best > 0.6 and found["auc"]["difference"][0] == pytest.approx(best - honest)


def test_both_splits_are_trained_and_measured_before_the_same_fold(films, tmp_path, capsys):
    command = ["leakage", "--modality", "chest", "--data-root", str(films), "--runs-dir", str(tmp_path)]
    assert main([*command, "--set", *TINY, "epochs=2", "--draws", "10"]) == 0
    folder = tmp_path / "leakage" / "chest"
    found = yaml.safe_load((folder / "leakage.yaml").read_text("utf-8"))
    assert (found["validation_fold"], found["yardstick_fold"], found["yardstick_groups"]) == (0, 1, 4)
    for split in ("group", "image"):
        config = configuration("chest", folder / split / "config.yaml")
        assert (config.split, config.kept_out, config.seed) == (split, (-1, 1), 7)
        assert not (folder / split / "checkpoint.npz").exists()
    index = read_index(films, "chest")
    group = {path: index.group[i] for i, path in enumerate(index.paths)}
    fold = {path: index.fold[i] for i, path in enumerate(index.paths)}
    image = read_answers(folder / "image" / "validation.npz")
    # Images of the folds 0 and 2 alone, whose patients are on both sides.
    assert {int(fold[path]) for path in image.path.tolist()} == {0, 2}
    assert [group[path] for path in image.path.tolist()] == image.group.tolist()
    assert found["selected_on_test"]["epochs"] == 2
    printed = capsys.readouterr().out
    assert "yardstick is fold 1" in printed and "pretend test set" in printed
    shown = found["flattery"]["validation_image_minus_group"]["auc"][0]
    figures = [found[f"{split}_split"]["validation"]["auc"][0] for split in ("image", "group")]
    assert shown == pytest.approx(figures[0] - figures[1], abs=2e-4)
