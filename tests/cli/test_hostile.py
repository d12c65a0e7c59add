"""Paths that are none, and results that would fall on what is there: one sentence, and nothing is lost."""

import os

import numpy as np
import pytest

from tests.batch.pictures import folder_of, png
from util import batch, cli


@pytest.fixture
def shelf(model_folder, monkeypatch):
    """The small models, where the command line looks for models."""
    monkeypatch.setenv("PENUMBRA_MODELS", str(model_folder))


@pytest.fixture
def quick(monkeypatch):
    """A model's answers without its network."""

    class Quick:
        def __init__(self, card):
            self.card = card

        def forward(self, pixels, encoded):
            features = len(self.card.arrays.values["feature_mean"])
            return np.zeros((len(pixels), self.card.units)), np.zeros((len(pixels), features))

    monkeypatch.setattr("util.modelstore.open_network", Quick)


def _run(capsys, *words):
    code = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


LONG = "a" * 300
PATHS = {
    "a long image": "diagnose {folder}/{long}.png --modality chest",
    "an image that is a link to itself": "diagnose {loop} --modality chest",
    "a long result": "diagnose {image} --modality chest --json {folder}/{long}",
    "a result that is a link to itself": "diagnose {image} --modality chest --json {loop}",
    "a long picture": "explain {image} --modality chest --png {folder}/{long}",
    "a long folder": "batch {folder}/{long} --modality chest --out {out}",
    "a folder that is a link to itself": "batch {loop} --modality chest --out {out}",
    "a long table": "batch {folder} --modality chest --out {folder}/{long}",
    "a table that is a link to itself": "batch {folder} --modality chest --out {loop}",
    "long metadata": "batch {folder} --modality skin --out {out} --metadata {folder}/{long}",
    "metadata that are a link to itself": "batch {folder} --modality skin --out {out} --metadata {loop}",
}


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("words", PATHS.values(), ids=PATHS.keys())
def test_a_path_that_is_none_is_one_sentence(shelf, tmp_path, capsys, words, language):
    folder = folder_of(tmp_path / "in", a=png(1))
    loop = tmp_path / "loop.png"
    loop.symlink_to("loop.png")
    places = {
        "folder": folder,
        "image": folder / "a.png",
        "loop": loop,
        "long": LONG,
        "out": tmp_path / "o.csv",
    }
    line = [word.format(**places) for word in words.split()]
    code, said, error = _run(capsys, *line, "--language", language)
    assert (code, said) == (2, "") and len(error.strip().splitlines()) == 1
    assert error.startswith("Expected" if language == "en" else ("Un ", "Une "))


def test_a_shelf_that_is_no_path_is_an_empty_one(monkeypatch, capsys):
    monkeypatch.setenv("PENUMBRA_MODELS", "/" + LONG)
    assert _run(capsys, "models")[0] == 0
    assert _run(capsys, "batch", ".", "--modality", "chest", "--out", "none.csv")[0] == 2


@pytest.mark.parametrize("through", ["directly", "by a link to the folder", "in a sub-folder"])
def test_a_table_does_not_replace_an_image_of_its_folder(shelf, quick, tmp_path, capsys, through):
    folder = folder_of(tmp_path / "in", a=png(1), b=png(2))
    (folder / "sub").mkdir()
    (folder / "sub" / "c.png").write_bytes(png(3))
    (tmp_path / "link").symlink_to(folder)
    name = {
        "directly": "in/a.png",
        "by a link to the folder": "link/a.png",
        "in a sub-folder": "in/sub/c.png",
    }
    out = tmp_path / name[through]
    before = out.read_bytes()
    code, said, error = _run(capsys, "batch", folder, "--modality", "chest", "--out", out)
    assert (code, said) == (2, "") and "also read" in error
    assert out.read_bytes() == before


def test_an_older_table_in_the_folder_is_replaced(shelf, quick, tmp_path, capsys):
    folder = folder_of(tmp_path / "in", a=png(1))
    for _ in range(2):
        assert _run(capsys, "batch", folder, "--modality", "chest", "--out", folder / "t.csv")[0] == 0
    assert len((folder / "t.csv").read_text("utf-8").splitlines()) == 2
    assert batch.is_table(folder / "t.csv")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_called_like_the_unfinished_table_stays(shelf, quick, tmp_path, capsys, kind):
    folder, part = folder_of(tmp_path / "in", a=png(1)), tmp_path / "t.csv.part"
    part.mkdir() if kind == "folder" else part.write_text("mine")
    assert _run(capsys, "batch", folder, "--modality", "chest", "--out", tmp_path / "t.csv")[0] == 0
    assert part.is_dir() if kind == "folder" else part.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "t.csv", "t.csv.part"]


@pytest.mark.parametrize("option", ["--layer", "--target"])
def test_what_was_asked_for_is_repeated_in_part(shelf, tmp_path, capsys, option):
    image = tmp_path / "a.png"
    image.write_bytes(png(1))
    asked = ("--methods", "grad_cam", "--no-curves", option, "z" * 100_000)
    code, _, error = _run(capsys, "explain", image, "--modality", "chest", *asked)
    assert code == 2 and len(error) < 400
