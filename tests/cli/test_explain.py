"""Several methods on one image from the command line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from tests.batch.pictures import png
from util.cli import main


@pytest.fixture
def image(tmp_path, model_folder, monkeypatch):
    """One drawn image file, and the small models where the command line looks for models."""
    monkeypatch.setenv("PENUMBRA_MODELS", str(model_folder))
    path = tmp_path / "image.png"
    path.write_bytes(png(1))
    return path


def run(capsys, *words):
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out.replace("\u00a0", " "), said.err


@pytest.mark.parametrize("language", ["en", "fr"])
def test_several_methods_are_asked_and_every_file_written(image, tmp_path, capsys, language):
    out = {name: tmp_path / f"out.{name}" for name in ("pdf", "png", "npz")}
    files = [word for name, path in out.items() for word in (f"--{name}", path)]
    asked = ("explain", image, "--modality", "chest", "--methods", "grad_cam", "layer_cam")
    code, said, heard = run(capsys, *asked, "--language", language, *files)
    assert code == 0 and heard.count("Grad-CAM") == 1 and heard.count("LayerCAM") == 1
    assert ("Pourquoi « pneumonie »" if language == "fr" else "Why “pneumonia”") in said
    assert "  Grad-CAM: " in said and ("suppression" if language == "fr" else "deletion") in said
    assert len(PdfReader(out["pdf"]).pages) >= 1 and Image.open(out["png"]).width > 300
    with np.load(out["npz"]) as arrays:
        assert arrays["map_layer_cam"].shape == (48, 48)


def test_a_wrong_question_is_one_sentence(image, tmp_path, capsys):
    for more, part in (
        (("--methods", "tea_leaves"), "tea_leaves"),
        (("--target", "PLAGUE"), "PLAGUE"),
        (("--preset", "slow"), "slow"),
        (("--layer", "nowhere"), "nowhere"),
        (("--pdf", image), str(image)),
    ):
        code, _, heard = run(capsys, "explain", image, "--modality", "chest", *more)
        assert code == 2 and part in heard and heard.count("\n") == 1


def test_maps_alone_need_no_curves(image, capsys):
    code, said, _ = run(
        capsys,
        "explain",
        image,
        "--modality",
        "chest",
        "--methods",
        "grad_cam",
        "--no-curves",
        "--target",
        "NORMAL",
    )
    assert code == 0 and "deletion" not in said
