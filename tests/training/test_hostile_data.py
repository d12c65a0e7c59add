"""Folders and tables that were made to break `prepare` and `fit`: one sentence each, and nothing is lost."""

import os

import pytest

from tests.training.drawn_folders import draw_classes, read_table, save, write_table
from util.training.__main__ import main
from util.training.data_root import DataError
from util.training.dataset import read_index


def said(capsys, *command) -> str:
    capsys.readouterr()
    assert main([str(word) for word in command]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.endswith(".\n")
    return error


def index(folder, rows=(), header=("path", "label", "group", "fold")):
    """An index of twelve drawn images of two classes, and `rows` more."""
    made = []
    for number in range(12):
        name, label = f"{number}.png", "ab"[number % 2]
        save(folder / name, number)
        made.append([name, label, name, number % 3])
    write_table(folder / "index.csv", header, [*made, *rows])
    return folder


@pytest.mark.parametrize("fold", ["2.7", "1e300", "-2", "1001", "nan", "x", ""])
def test_a_fold_is_a_whole_number_of_a_fold(tmp_path, fold):
    save(tmp_path / "z.png", 99)
    with pytest.raises(DataError, match="fold"):
        read_index(index(tmp_path, [["z.png", "a", "z", fold]]), "own")


@pytest.mark.parametrize("row", [["z.png"], ["z.png", "a", "z", 1, "more"]], ids=["short", "long"])
def test_a_row_of_another_length_is_named(tmp_path, row):
    save(tmp_path / "z.png", 99)
    with pytest.raises(DataError, match="13"):
        read_index(index(tmp_path, [row]), "own")


def test_a_path_too_long_for_any_file_is_a_missing_image(tmp_path):
    with pytest.raises(DataError, match=r"aaa\.\.\."):
        read_index(index(tmp_path, [["a" * 300, "a", "z", 1]]), "own")


@pytest.mark.parametrize(
    "text",
    [
        "labels: [a, b]\nmade: 2024-13-45",
        f"labels: {'[' * 5000}",
        "labels: *x",
        "labels: ab",
        "labels: [[a], b]",
        "labels: &l [*l]",
        "- a",
        "",
    ],
    ids=["date", "deep", "alias", "text", "nested", "loop", "list", "empty"],
)
def test_classes_that_cannot_be_read_are_one_sentence(tmp_path, text):
    (index(tmp_path) / "classes.yaml").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"classes\.yaml"):
        read_index(tmp_path, "own")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("cell", ["abc", "\u0661,"])
def test_a_table_of_isic_with_words_for_numbers_is_one_sentence(tmp_path, capsys, cell, language):
    labels = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
    write_table(tmp_path / "ISIC_2019_Training_GroundTruth.csv", ("image", *labels), [["x", cell, *[0] * 8]])
    write_table(tmp_path / "ISIC_2019_Training_Metadata.csv", ("image", "lesion_id"), [["x", 1]])
    command = ("prepare", "--modality", "skin", "--source", tmp_path, "--output", tmp_path / "out")
    error = said(capsys, *command, "--language", language)
    assert "MEL" in error and error.startswith("Expected" if language == "en" else "Nombre")


def test_a_table_of_isic_in_another_encoding_is_one_sentence(tmp_path, capsys):
    (tmp_path / "ISIC_2019_Training_GroundTruth.csv").write_bytes("image,AK\nx,1\n".encode("utf-16"))
    write_table(tmp_path / "ISIC_2019_Training_Metadata.csv", ("image", "lesion_id"), [["x", 1]])
    assert "UTF-8" in said(
        capsys, "prepare", "--modality", "skin", "--source", tmp_path, "--output", tmp_path / "out"
    )


def _outputs(folder):
    (folder / "file").write_text("mine")
    (folder / "loop").symlink_to("loop")
    return {
        "a file": folder / "file",
        "under a file": folder / "file" / "out",
        "long": folder / ("a" * 300),
        "a loop": folder / "loop",
        "no disk": "/proc/penumbra",
    }


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("kind", ["a file", "under a file", "long", "a loop", "no disk"])
@pytest.mark.parametrize("command", ["prepare", "fit"])
def test_an_output_that_cannot_be_one_is_said_before_any_image_is_read(
    tmp_path, capsys, monkeypatch, kind, command
):
    draw_classes(tmp_path / "in", {"a": 9, "b": 9})
    monkeypatch.setattr("util.training.data.building.signatures", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("util.training.fit.load_part", lambda *_, **__: 1 / 0)
    output = _outputs(tmp_path)[kind]
    words = {"prepare": ("--source", tmp_path / "in", "--output"), "fit": ("--output-dir",)}[command]
    error = said(capsys, command, "--modality", "own", "--data-root", tmp_path / "in", *words, output)
    assert str(output)[:40] in error
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "in", "loop"]


def test_a_refusal_leaves_no_folder_behind(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    said(
        capsys, "prepare", "--modality", "own", "--source", tmp_path / "in", "--output", tmp_path / "a" / "b"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("source", ["none", "empty", "a" * 300])
def test_what_is_wrong_is_said_in_the_language_asked_for_of_the_path_as_typed(
    tmp_path, capsys, monkeypatch, source, language
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    error = said(
        capsys,
        *("prepare", "--modality", "own", "--source", source, "--output", "out", "--language", language),
    )
    assert source in error and str(tmp_path) not in error
    assert ("Expected" in error) == (language == "en")


def test_copies_of_files_whose_ways_differ_in_dots_alone_are_all_kept(tmp_path, capsys):
    inner = index(tmp_path / "set", [["../5.png", "a", "outside", 1]])
    save(tmp_path / "5.png", 500)
    draw = [inner, "--output", tmp_path / "out", "--copy"]
    for _ in range(2):  # the second time over the copies of the first
        assert main([str(word) for word in ("prepare", "--modality", "own", "--source", *draw)]) == 0
    rows = read_table(tmp_path / "out" / "index.csv")
    files = {(tmp_path / "out" / row["path"]).read_bytes() for row in rows}
    wanted = {path.read_bytes() for path in [*inner.glob("*.png"), tmp_path / "5.png"]}
    assert files == wanted and len(rows) == 13
    assert len(list((tmp_path / "out" / "images").iterdir())) == 13


def test_what_lies_where_a_copy_would_go_stays(tmp_path):
    inner = index(tmp_path / "set")
    mine = tmp_path / "out" / "images" / "3.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    command = ["prepare", "--modality", "own", "--source", inner, "--output", tmp_path / "out", "--copy"]
    assert main([str(word) for word in command]) == 0
    assert mine.read_bytes() == b"mine"
    assert "images/3-2.png" in {row["path"] for row in read_table(tmp_path / "out" / "index.csv")}


def test_an_image_named_by_two_ways_is_refused(tmp_path, capsys):
    inner = index(tmp_path / "set", [["link.png", "a", "z", 1]])
    (inner / "link.png").symlink_to("4.png")
    command = ("prepare", "--modality", "own", "--source", inner, "--output", tmp_path / "out")
    assert "twice" in said(capsys, *command)


def test_a_folder_and_a_dead_link_called_like_images_are_none(tmp_path):
    folder = draw_classes(tmp_path, {"a": 9, "b": 9})
    (folder / "a" / "folder.png").mkdir()
    (folder / "a" / "dead.png").symlink_to("/nowhere")
    assert len(read_index(folder, "own")) == 18


def test_images_of_another_drive_are_named_whole_and_copied_inside(tmp_path, monkeypatch):
    from util.training.data.placing import Places, name_of

    def no_way(path, start=None):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    file = tmp_path / "elsewhere" / "one.png"
    file.parent.mkdir()
    file.write_bytes(b"picture")
    monkeypatch.setattr("os.path.relpath", no_way)
    assert name_of(file, tmp_path / "source") == file.as_posix()
    output = tmp_path / "output"
    name = Places(tmp_path / "source", output, True).of(file)
    assert name.startswith("images/") and (output / name).read_bytes() == b"picture"
    assert file.is_file() and Places(tmp_path / "source", output, False).of(file) == file.as_posix()
