"""What the notebooks compute, on data whose answer is known."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from util.modelstore.card import Evaluation, Figure
from util.prediction import Metadata
from util.training.dataset import Dataset, parts, read_index
from util.training.exploration import features, maps, plots, session, shapes, tables


def drawn(target, *, fold=None, group=None, modality="chest", metadata=None, **columns) -> Dataset:
    """An indexed set without files: `target` and what is said of it."""
    target = np.asarray(target)
    n = len(target)
    return Dataset(
        modality,
        None,
        ("healthy", "sick"),
        tuple(f"{i}.png" for i in range(n)),
        target,
        np.array([f"g{i}" for i in range(n)] if group is None else group),
        np.zeros(n, int) if fold is None else np.asarray(fold),
        target.astype(str),
        metadata,
        {name: np.asarray(column) for name, column in columns.items()},
    )


def test_each_class_is_counted_in_each_part_with_its_groups():
    data = drawn([0, 0, 0, 1], fold=[-1, 0, 1, 1], group=["a", "b", "c", "c"])
    healthy, sick = tables.class_balance(data)
    assert healthy == {
        **{"class": "healthy", "train": 1, "validation": 1, "test": 1},
        **{"groups": 3, "images_a_group": 1.0, "share": 0.75},
    }
    assert (sick["train"], sick["validation"], sick["groups"]) == (1, 0, 1)


def test_a_column_is_crossed_with_the_classes():
    data = drawn([0, 1, 1, 1], subtype=["", "virus", "virus", "bacteria"], group=["a", "b", "b", "c"])
    assert tables.crosstab(data, "subtype") == [
        {"subtype": "missing", "healthy": 1, "sick": 0, "groups": 1},
        {"subtype": "bacteria", "healthy": 0, "sick": 1, "groups": 1},
        {"subtype": "virus", "healthy": 0, "sick": 2, "groups": 1},
    ]
    with pytest.raises(KeyError):
        tables.crosstab(data, "scanner")


def test_an_even_draw_has_as_many_of_each_class_and_none_twice():
    few = tables.evenly(drawn([0] * 50 + [1] * 7), 12)
    assert np.bincount(few.target).tolist() == [6, 6] and len(set(few.paths)) == 12
    assert np.bincount(tables.evenly(drawn([0] * 50 + [1] * 2), 12).target).tolist() == [10, 2]


@pytest.fixture(scope="module")
def chest(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    (root / "chest").mkdir()
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["path", "label", "patient", "fold"])
    for i in range(60):
        shade = np.add.outer(np.arange(40), np.full(40, 3 * i)).astype(np.uint8)
        Image.fromarray(shade).save(root / "chest" / f"{i}.png")
        label = "PNEUMONIA" if i % 3 else "NORMAL"
        writer.writerow([f"{i}.png", label, f"{label}{i // 9}", i // 9 % 3 - 1])
    (root / "chest" / "index.csv").write_text(rows.getvalue())
    return root


def test_a_small_part_points_at_the_same_files_and_keeps_every_fold_and_class(chest, tmp_path):
    whole = read_index(chest, "chest")
    small = read_index(tables.small_part(chest, "chest", tmp_path / "small", 24), "chest")
    assert len(small) == 24
    assert {
        p.stem: f for p, f in zip(map(small.folder.joinpath, small.paths), small.fold, strict=True)
    }.items() <= {
        p.stem: f for p, f in zip(map(whole.folder.joinpath, whole.paths), whole.fold, strict=True)
    }.items()
    for part in parts(small).values():
        assert np.bincount(part.target).tolist() == [4, 4]
    assert list((tmp_path / "small" / "chest").iterdir()) == [tmp_path / "small" / "chest" / "index.csv"]
    assert tables.small_part(chest, "chest", tmp_path / "none", None) == chest
    assert tables.small_part(chest, "chest", tmp_path / "none", 60) == chest


def test_colours_are_told_class_by_class():
    images = np.zeros((4, 8, 8, 3), np.uint8)
    images[:2, ..., 0], images[2:, :, :4] = 200, 100
    red, striped = features.colour_signatures(images, np.array([0, 0, 1, 1]), ("red", "striped"))
    assert (red["red"], red["green"], red["contrast"]) == (200, 0, 0)
    assert (striped["blue"], striped["blue_quartiles"], striped["contrast"]) == (50, (50, 50), 50)


def test_what_lies_apart_stays_apart_in_the_plane():
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], 20)
    rows = rng.normal(0, 1, (60, 12)) + 30 * np.eye(12)[target]
    points = features.t_sne(rows)
    assert points.shape == (60, 2)
    agree, chance = features.neighbours_agree(points, target)
    assert agree == 1 and chance == pytest.approx(1 / 3)
    agree, _ = features.neighbours_agree(rng.normal(0, 1, (600, 2)), np.repeat([0, 1, 2], 200))
    assert agree == pytest.approx(1 / 3, abs=0.1)


def test_frozen_features_are_one_row_an_image_and_follow_the_file_of_arrays(tmp_path):
    from util.training.networks import build

    images = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), np.uint8)
    found = []
    for value in (0.01, 0.02):
        arrays = {
            f"{layer.name}/{i}": np.full_like(array, value)
            for layer in build("cnn", 32, 1).layers
            for i, array in enumerate(layer.get_weights())
        }
        np.savez(tmp_path / "some.npz", **arrays)
        found.append(features.frozen_features(images, "cnn", str(tmp_path / "some.npz"), side=32))
    assert found[0].ndim == 2 and len(found[0]) == 3
    untrained = [features.frozen_features(images, "cnn", "none", side=32) for _ in range(2)]
    assert (untrained[0] == untrained[1]).all() and np.ptp(untrained[0]) > 0
    assert (found[1].mean(axis=1) > found[0].mean(axis=1)).all() and np.ptp(found[0].mean(axis=1)) > 0


def test_patients_fall_into_the_clusters_they_were_drawn_from():
    young = [Metadata(20 + i % 3, "female", "head/neck") for i in range(30)]
    old = [Metadata(70 + i % 2 * 2, "male", "palms/soles") for i in range(20)]
    data = drawn([0] * 30 + [1] * 20, modality="skin", metadata=(*young, *old))
    found = features.demographics(data, clusters=2)
    assert len(set(found.cluster[:30])) == len(set(found.cluster[30:])) == 1
    assert found.cluster[0] != found.cluster[-1] and found.explained.sum() > 0.9
    first, second = found.table
    assert (first["images"], first["commonest sex"], first["healthy"]) == (30, "female", 1.0)
    assert (second["mean age"], second["commonest site"], second["sick"]) == (71.0, "palms/soles", 1.0)
    assert found.points.shape == (50, 2)
    with pytest.raises(ValueError, match="metadata"):
        features.demographics(drawn([0, 1]))


def test_a_slide_is_put_together_with_holes_where_it_has_no_patch():
    data = drawn([0, 1, 1], group=["8", "8", "9"], x=["51", "151", "1"], y=["101", "51", "1"])
    grid = maps.slide_map(data, "8", np.array([0.2, 0.9, 0.5]))
    assert grid.shape == (2, 3)
    assert grid[1, 0] == 0.2 and grid[0, 2] == 0.9 and np.isnan(grid).sum() == 4
    with pytest.raises(KeyError):
        maps.slide_map(data, "10", np.zeros(3))


def test_the_surest_answers_are_picked_right_and_wrong_class_by_class():
    chances = np.array([[0.9, 0.1], [0.99, 0.01], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.05, 0.95]])
    right, wrong = maps.telling(chances, np.array([0, 0, 1, 0, 1, 0]), each=2)
    assert right.tolist() == [1, 2]  # 0.90 is surer than 0.80, but says what 0.99 said already
    assert wrong.tolist() == [5, 4]
    assert maps.telling(chances[:1], np.array([0]))[1].tolist() == []


def test_a_look_holds_the_map_of_what_the_model_said(model_folder, chest):
    from util.modelstore import default_card

    data = read_index(chest, "chest")
    card = default_card("chest", model_folder)
    one = maps.look(card, data, 7)
    assert one.heat.shape == one.pixels.shape[:2] == (card.input.height, card.input.width)
    assert one.said in card.labels and one.truth == "PNEUMONIA" and 0.5 <= one.probability <= 1
    assert one.empty == (one.border is None)


def test_figures_stand_beside_those_of_another_evaluation():
    def evaluation(**figures):
        found = {name: Figure(*values) for name, values in figures.items()}
        return Evaluation("d", "fold 1", 9, 3, "2026-01-01", "evaluate", found, 0.5)

    rows = tables.figure_rows(evaluation(auc=(0.7, 0.6, 0.8), ece=(0.1,)), evaluation(auc=(0.9,)))
    assert rows[0] == {"figure": "auc", "value": 0.7, "low": 0.6, "high": 0.8, "beside": 0.9}
    assert rows[1]["beside"] is None and "beside" not in tables.figure_rows(evaluation(auc=(0.7,)))[0]


def test_intervals_are_told_in_two_digits_and_the_rest_is_left_alone():
    rows = [{"name": "frame", "auc": [0.5393, 0.4819, 0.5866], "n": 3}, {"name": "one", "auc": [0.9]}]
    assert tables.readable(rows) == [
        {"name": "frame", "auc": "0.54 (0.48 to 0.59)", "n": 3},
        {"name": "one", "auc": "0.90"},
    ]


def test_looks_are_told_as_rows_and_an_empty_map_has_nothing_on_the_frame():
    heat, pixels = np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8)
    seen = maps.Look("p", "sick", "healthy", 0.876, heat, pixels, False, 0.412)
    empty = maps.Look("p", "sick", "sick", 0.5, heat, pixels, True, None)
    assert maps.look_rows([seen, empty]) == [
        {"truth": "sick", "said": "healthy", "probability": 0.88, "on the frame": 0.41},
        {"truth": "sick", "said": "sick", "probability": 0.5, "on the frame": None},
    ]


ROWS = [{"class": "a", "n": 3, "m": 1}, {"class": "b", "n": 5, "m": 2}]


def test_every_plot_is_a_small_picture(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss,auc\n1,0.9,0.5\n2,0.4,0.7\n")
    heat = np.random.default_rng(0).random((12, 12))
    one = maps.Look("p", "a", "b", 0.9, heat, np.full((12, 12, 3), 9, np.uint8), False, 0.2)
    signatures = features.colour_signatures(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]), ("a", "b"))
    made = [
        plots.bars(ROWS, "class", ["n", "m"], "bars"),
        plots.cloud(heat[:, :2], np.arange(12) % 2, ("a", "b"), "cloud"),
        plots.colours(signatures, "colours"),
        plots.curves(tmp_path / "history.csv", "curves"),
        plots.confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), ("a", "b"), "confusion"),
        plots.slide({"labels": heat, "said": heat}, "slide"),
        plots.looks([one, one], "looks"),
        plots.looks([one], "over images", images=True),
        plots.looks([], "none"),
    ]
    for figure in made:
        file = io.BytesIO()
        figure.savefig(file, format="png")
        with Image.open(file) as picture:
            assert max(picture.size) < 640 and len(picture.getcolors(1 << 20)) > 2
        assert len(file.getvalue()) < 40_000


def test_a_look_is_drawn_without_its_image_unless_that_is_asked_for():
    heat = np.zeros((8, 8))
    bright = maps.Look("p", "a", "a", 0.9, heat, np.full((8, 8, 3), 255, np.uint8), False, 0.2)
    dark = maps.Look("p", "a", "a", 0.9, heat, np.zeros((8, 8, 3), np.uint8), False, 0.2)
    assert rendered(plots.looks([bright], "t")) == rendered(plots.looks([dark], "t"))
    assert rendered(plots.looks([bright], "t", images=True)) != rendered(
        plots.looks([dark], "t", images=True)
    )


def rendered(figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    return file.getvalue()


def test_a_command_runs_as_in_a_terminal_and_a_refusal_stops_the_notebook(tmp_path, capsys):
    with pytest.raises(RuntimeError, match="fit"):
        session.command(f"fit --modality chest --data-root '{tmp_path / 'no such folder'}'")
    said = capsys.readouterr()
    assert said.out.startswith("$ python -m util.training fit") and "no such folder" in said.err


def test_training_goes_to_torch_where_it_has_a_gpu_and_nothing_else_does(monkeypatch, tmp_path):
    lines = []

    def run(line, *, cwd, env):
        lines.append((line[1:4], env["KERAS_BACKEND"]))
        return session.subprocess.CompletedProcess(line, 0)

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(session.subprocess, "run", run)
    monkeypatch.setattr(session, "_torch_gpu", lambda: True)
    session.command("fit --modality chest")
    with pytest.raises(RuntimeError):
        session.command(f"calibrate --modality chest --data-root '{tmp_path / 'none'}'")
    assert lines == [(["-m", "util.training", "fit"], "torch")]


def test_a_notebook_finds_data_that_is_there_and_downloads_what_is_not_once(chest, tmp_path, monkeypatch):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session, "PROJECT", tmp_path)
    monkeypatch.setattr(session, "command", asked.append)
    monkeypatch.setenv("PENUMBRA_DATA", str(chest))
    assert session.notebook_data("chest").resolve() == chest.resolve() and asked == []
    assert session.notebook_data("skin") == tables.Path("runs/data")
    assert asked == ["prepare --modality skin --download --output runs/data/skin"]
    (tmp_path / "runs/data/skin").mkdir(parents=True)
    (tmp_path / "runs/data/skin/index.csv").touch()
    session.notebook_data("skin")
    assert len(asked) == 1


def test_a_command_keeps_the_folders_of_windows_and_what_stands_in_quotes(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("util.training.__main__.main", lambda words: asked.append(words) or 0)
    session.command(r"prepare --output runs\data\skin --source 'C:\my pictures' --group-pattern '^(\w+?)_ #'")
    assert asked.pop() == [
        *("prepare", "--output", r"runs\data\skin", "--source", r"C:\my pictures"),
        *("--group-pattern", r"^(\w+?)_ #"),
    ]
    here = tmp_path / "a folder"
    here.mkdir()
    monkeypatch.setattr(session, "PROJECT", here)
    monkeypatch.setenv("PENUMBRA_DATA", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    session.notebook_data("skin")
    assert asked.pop()[-1] == "a folder/runs/data/skin"


def test_what_lies_on_another_drive_is_named_whole(chest, tmp_path, monkeypatch):
    def no_way(path, start=None):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr("os.path.relpath", no_way)
    small = read_index(tables.small_part(chest, "chest", tmp_path / "small", 24), "chest")
    assert all(tables.Path(path).is_absolute() for path in small.paths)
    monkeypatch.setenv("PENUMBRA_DATA", str(chest))
    assert session.notebook_data("chest") == chest


def test_pre_trained_arrays_are_named_as_far_as_there_are_any(tmp_path):
    (tmp_path / "weights").mkdir()
    file = tmp_path / "weights" / "mobilenetv2_imagenet_fp16.npz"
    assert session.pretrained(tmp_path / "data", "mobilenetv2") == "imagenet"
    file.touch()
    assert session.pretrained(tmp_path / "data", "mobilenetv2") == file.as_posix()
    assert session.pretrained(tmp_path / "data", "cnn") == "none"


def test_drawn_class_folders_are_told_apart_by_shape_alone(tmp_path):
    data = read_index(shapes.draw_folders(tmp_path / "shapes", images=30), "own")
    assert set(data.labels) == set(shapes.SHAPES) and len(data) == 90
    images = np.stack([np.asarray(Image.open(data.folder / path)) for path in data.paths])
    means = images.reshape(len(images), -1, 3).mean(axis=1)
    agree, chance = features.neighbours_agree(means, data.target)
    assert agree < 2 * chance
