"""Any folder with one sub-folder a class is a data set; what cannot be one is refused in one sentence."""

import shutil

import numpy as np
import pytest

from tests.training.drawn_folders import draw_classes, save, write_table
from util.training.__main__ import main
from util.training.data.checks import check_refused
from util.training.data_root import DataError
from util.training.dataset import parts, read_index


def classes_of(part) -> set[str]:
    return {part.labels[index] for index in part.target}


def test_class_folders_without_an_index_are_divided_the_same_way_at_every_reading(tmp_path):
    draw_classes(tmp_path, {"rose": 10, "daisy 10": 8, "daisy 9": 7})
    data, again = read_index(tmp_path, "own"), read_index(tmp_path, "own")
    assert data.labels == ("daisy 9", "daisy 10", "rose")
    assert data.paths == again.paths and (data.fold == again.fold).all()
    assert data.metadata is None and len(data) == 25
    split = parts(data)
    assert all(classes_of(part) == set(data.labels) for part in split.values())
    assert sum(len(part) for part in split.values()) == 25
    assert not set(split["train"].group) & set(split["validation"].group)


def test_the_folders_are_found_under_the_name_of_the_modality_too(tmp_path):
    draw_classes(tmp_path / "skin", {"burn": 5, "scar": 5})
    data = read_index(tmp_path, "skin")
    assert data.labels == ("burn", "scar") and data.folder == tmp_path / "skin"
    assert data.metadata is None
    assert len(parts(data)["test"]) == 2


def test_a_file_that_is_there_twice_is_one_group(tmp_path):
    draw_classes(tmp_path, {"a": 6, "b": 6})
    shutil.copyfile(tmp_path / "a" / "a_0.png", tmp_path / "b" / "copy.png")
    data = read_index(tmp_path, "own")
    both = [data.paths.index(path) for path in ("a/a_0.png", "b/copy.png")]
    assert len(set(data.group[both])) == len(set(data.fold[both])) == 1
    assert len(set(data.group)) == 12


def test_folders_of_parts_keep_the_test_part_and_a_validation_part_that_can_choose(tmp_path):
    draw_classes(tmp_path / "train", {"a": 12, "b": 12})
    draw_classes(tmp_path / "test", {"a": 3, "b": 3}, 100)
    draw_classes(tmp_path / "val", {"a": 2, "b": 2}, 200)
    split = parts(read_index(tmp_path, "own"))
    assert all(path.startswith("test/") for path in split["test"].paths) and len(split["test"]) == 6
    assert (
        all(path.startswith("val/") for path in split["validation"].paths) and len(split["validation"]) == 4
    )
    # With one class alone it can choose nothing, and is divided anew with the training part.
    shutil.rmtree(tmp_path / "val" / "b")
    split = parts(read_index(tmp_path, "own"))
    assert all(path.startswith("test/") for path in split["test"].paths)
    assert any(path.startswith("train/") for path in split["validation"].paths)
    assert classes_of(split["validation"]) == {"a", "b"}


def test_the_image_split_leaks_groups_and_nothing_else_changes(tmp_path):
    rows = []
    for fold in range(5):
        for number in range(8):
            for k in range(4):
                path = f"images/{fold}_{number}_{k}.png"
                save(tmp_path / "own" / path, fold * 100 + number * 10 + k, 16)
                rows.append([path, "ab"[number % 2], f"g{fold}{number}", fold])
    write_table(tmp_path / "own" / "index.csv", ("path", "label", "group", "fold"), rows)
    data = read_index(tmp_path, "own")
    honest, leaky = parts(data), parts(data, split="image")
    assert leaky["test"].paths == honest["test"].paths
    for name in ("train", "validation"):
        assert np.bincount(leaky[name].target).tolist() == np.bincount(honest[name].target).tolist()
    assert not set(honest["train"].group) & set(honest["validation"].group)
    assert set(leaky["train"].group) & set(leaky["validation"].group)
    assert parts(data, split="image")["validation"].paths == leaky["validation"].paths


def test_the_order_of_own_classes_stands_beside_the_index(tmp_path):
    draw_classes(tmp_path, {"healthy": 2, "sick": 2})
    rows = [
        [f"{label}/{label}_{k}.png", label, f"{label}{k}", k] for label in ("sick", "healthy") for k in (0, 1)
    ]
    write_table(tmp_path / "index.csv", ("path", "label", "group", "fold"), rows)
    assert read_index(tmp_path, "own").labels == ("healthy", "sick")
    (tmp_path / "classes.yaml").write_text("modality: own\nlabels: [sick, healthy]\n")
    data = read_index(tmp_path, "own")
    assert data.labels == ("sick", "healthy") and data.target.tolist() == [0, 0, 1, 1]


def test_classes_with_raised_digits_are_read_in_their_order(tmp_path):
    draw_classes(tmp_path, {"10²": 3, "9²": 3, "²": 3})
    assert read_index(tmp_path, "own").labels == ("9²", "10²", "²")


def test_an_index_with_the_row_numbers_of_pandas_is_read_as_without_them(tmp_path):
    draw_classes(tmp_path, {"a": 3, "b": 3})
    rows = [[n, *row] for n, row in enumerate(GOOD)]
    write_table(tmp_path / "index.csv", ("", *HEADER), rows)
    assert read_index(tmp_path, "own").metadata is None


GOOD = [[f"{label}/{label}_{k}.png", label, f"{label}{k}", k] for label in ("a", "b") for k in range(3)]
HEADER = ("path", "label", "group", "fold")


def indexed(folder, rows=GOOD, header=HEADER):
    draw_classes(folder, {"a": 3, "b": 3})
    write_table(folder / "index.csv", header, rows)


def one_class(folder):
    draw_classes(folder, {"alone": 3})


def too_many(folder):
    draw_classes(folder, {f"class {number}": 1 for number in range(21)})


def an_empty_class(folder):
    draw_classes(folder, {"a": 3, "b": 3})
    (folder / "hollow").mkdir()


def too_few(folder):
    draw_classes(folder, {"a": 9, "rare": 2})


def unknown_in_test(folder):
    draw_classes(folder / "train", {"a": 5, "b": 5})
    draw_classes(folder / "test", {"a": 1, "c": 1}, 50)


def corrupt(folder):
    draw_classes(folder, {"a": 8, "b": 8})
    for file in (folder / "a").iterdir():
        file.write_bytes(file.read_bytes()[:60])


def foreign(folder):
    indexed(folder)
    (folder / "classes.yaml").write_text("modality: chest\nlabels: [a, b]\n")


def formless(folder):
    indexed(folder)
    (folder / "classes.yaml").write_text("just words\n")


def classes(text):
    """Makes the good index with such a `classes.yaml` beside it."""

    def make(folder):
        indexed(folder)
        (folder / "classes.yaml").write_text(f"labels: {text}\n")

    return make


def latin(folder):
    indexed(folder)
    (folder / "index.csv").write_bytes("path,label,group,fold\né/1.png,a,x,0\n".encode("latin-1"))


BAD = {
    "nothing at all": (lambda folder: None, "index.csv"),
    "one class": (one_class, "2 to 20"),
    "21 classes": (too_many, "found 21"),
    "an empty class folder": (an_empty_class, "hollow"),
    "a class too small to divide": (too_few, "rare"),
    "a class that was never trained": (unknown_in_test, "received c"),
    "corrupt images": (corrupt, "a/a_"),
    "a missing column": (
        lambda f: indexed(f, [row[:2] + row[3:] for row in GOOD], ("path", "label", "fold")),
        "group",
    ),
    "a leak": (lambda f: indexed(f, [*GOOD[:5], [*GOOD[5][:2], "b0", 2]]), "b0"),
    "a path named twice": (lambda f: indexed(f, [*GOOD, ["./a/a_0.png", "a", "a0", 0]]), "a_0.png twice"),
    "a missing image": (lambda f: indexed(f, [*GOOD, ["a/none.png", "a", "z", 0]]), "none.png"),
    "a fold that is no finite number": (lambda f: indexed(f, [*GOOD[:5], [*GOOD[5][:3], "nan"]]), "nan"),
    "one class in the index": (lambda f: indexed(f, GOOD[:3]), "found 1"),
    "an index of another kind": (foreign, "chest"),
    "classes without a list": (formless, "classes.yaml"),
    "a class named twice": (classes("[a, b, a]"), "all different"),
    "a class without a name": (classes("[a, b, '']"), "none of them empty"),
    "a class without an image": (classes("[a, b, c]"), "class c in"),
    "a row without a class": (lambda f: indexed(f, [*GOOD[:5], [GOOD[5][0], "", "b2", 2]]), "row 6"),
    "a table in another encoding": (latin, "UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_data_set_is_one_sentence_before_training_starts(tmp_path, case, capsys, monkeypatch):
    make, named = BAD[case]
    monkeypatch.setattr("util.training.prepared_store.CACHE", tmp_path / "prepared")
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    command = ["fit", "--modality", "own", "--data-root", folder, "--output-dir", tmp_path / "run"]
    command += ["--model", "cnn", "--img-size", "16", "--weights", "none", "--epochs", "1"]
    assert main([str(word) for word in command]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.strip() and "it/s]" not in line]
    assert len(error) == 1 and named in error[0]
    assert not (tmp_path / "run" / "history.csv").exists()


def test_a_label_of_no_known_class_is_one_sentence(tmp_path, capsys):
    indexed(tmp_path)
    (tmp_path / "classes.yaml").write_text("labels: [a, c]\n")
    assert (
        main(["fit", "--modality", "own", "--data-root", str(tmp_path), "--output-dir", str(tmp_path / "r")])
        == 2
    )
    assert "received b" in capsys.readouterr().err


def test_one_unreadable_file_in_a_hundred_is_left_out_aloud_and_more_are_refused():
    paths, said = [f"{number}.png" for number in range(200)], []
    answered = np.ones(200, bool)
    check_refused(paths, answered, say=said.append)
    assert said == []
    answered[[7, 90]] = False
    check_refused(paths, answered, say=said.append)
    assert len(said) == 1 and "2 of 200" in said[0] and "7.png, 90.png" in said[0]
    answered[120] = False
    with pytest.raises(DataError, match="7.png"):
        check_refused(paths, answered, say=said.append)
