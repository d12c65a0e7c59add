"""Every exported file answers like the model it came from, says how far it is off, and carries its card."""

import json
import re
import sys

import numpy as np
import pytest
import yaml

from tests import networks
from util.training.__main__ import main
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.export import FORMATS, export, of_card, of_run
from util.training.export import formats as ways
from util.training.export.sources import inputs


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A fused model whose row of metadata comes first, and a chain with an augmentation layer."""
    folder = tmp_path_factory.mktemp("models")
    fused = networks.fused(metadata_first=True)
    networks.write_model(folder, fused, networks.card_mapping("skin"), networks.card_arrays())
    mapping = networks.card_mapping("breast", units=2)
    networks.write_model(folder, networks.sequential(), mapping, networks.card_arrays())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENUMBRA_MODELS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def written(shelf, tmp_path_factory):
    """Both models in every format; the differences that were found."""
    output = tmp_path_factory.mktemp("exports")
    return output, {
        name: list(export(of_card(name), tuple(FORMATS), output / name))
        for name in ("skin-test", "breast-test")
    }


@pytest.mark.parametrize("name", ["skin-test", "breast-test"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_answers_like_the_original_at_any_batch_size(written, name, form):
    source = of_card(name)
    pixels = np.random.default_rng(1).random((5, 48, 48, 3)).astype(np.float32) * 255
    row = {} if source.metadata is None else {"metadata": np.eye(5, networks.ROW, dtype=np.float32)}
    given = {"image": pixels, **row}
    original = ways.answer_of(ways.load_keras(source.file))(given)
    assert original.std() > 1e-3
    read = FORMATS[form].read(written[0] / name / FORMATS[form].file)
    assert np.abs(read(given) - original).max() < 1e-5
    assert np.abs(read({key: array[2:3] for key, array in given.items()}) - original[2:3]).max() < 1e-5


def test_the_difference_that_is_told_is_small_and_over_pictures_with_and_without_metadata(written):
    for name, made in written[1].items():
        assert [one.format for one in made] == list(FORMATS)
        assert all(one.apart < 1e-5 and one.size > 1000 for one in made)
        assert all(one.answers == len(inputs(of_card(name))["image"]) + 1 for one in made)
    rows = inputs(of_card("skin-test"))["metadata"]
    assert np.ptp(rows[: len(rows) // 2], axis=0).any() and not rows[len(rows) // 2 :].any()


def test_an_exported_h5_opens_in_the_app_and_other_files_carry_labels_and_preparation(written):
    from util.modelstore import load_card, open_network, sha256_of

    output, original = written[0] / "skin-test", of_card("skin-test").card
    card = load_card(output)
    assert card.labels == original.labels and card.calibration == original.calibration
    assert card.extra["exported"]["from_sha256"] == original.sha256
    pixels, row = np.full((1, 48, 48, 3), 90, np.uint8), np.ones((1, networks.ROW), np.float32)
    again, before = (open_network(one).answer(pixels, row)[1] for one in (card, original))
    assert np.abs(again - before).max() < 1e-5
    for file in ("model.keras", "savedmodel", "model.onnx"):
        beside = yaml.safe_load((output / f"{file}.card.yaml").read_text("utf-8"))
        assert beside["labels"] == list(original.labels) and beside["file"] == file
        assert beside["preparation"] == [dict(entry) for entry in original.preparation]
        assert beside["metadata"]["sites"] == list(networks.SITES)
        if file != "savedmodel":
            assert beside["sha256"] == sha256_of(output / file)


@pytest.mark.parametrize("by", [0.05, np.nan])
def test_a_file_that_answers_otherwise_is_refused_and_not_kept(shelf, tmp_path, monkeypatch, by):
    def spoilt(model, path):
        before = model.get_weights()
        model.set_weights([w + by for w in before])
        model.save(path)
        model.set_weights(before)

    monkeypatch.setitem(ways.FORMATS, "keras", ways.Format("model.keras", spoilt, FORMATS["keras"].read))
    (tmp_path / "model.keras").write_text("an earlier one")
    with pytest.raises(DataError, match="keras file.*1e-04"):
        list(export(of_card("skin-test"), ["keras"], tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_text() == "an earlier one"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run folder as `fit` leaves it, around a small network."""
    run = tmp_path_factory.mktemp("runs") / "breast-a"
    run.mkdir()
    networks.sigmoid().save(run / "model.h5")
    (run / "config.yaml").write_text(configuration("breast", img_size=48).as_yaml(), "utf-8")
    (run / "summary.json").write_text(json.dumps({"labels": ["0", "1"], "metadata": None}))
    return run


def test_a_run_without_a_card_is_exported_with_what_is_known_of_it(finished, tmp_path, capsys):
    command = ["export", "--run", str(finished), "--format", "h5", "onnx", "--output", str(tmp_path)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert len(re.findall(r"max \|dp\| \d\.\de[-+]\d\d over 9 answers", printed)) == 2
    beside = yaml.safe_load((tmp_path / "model.onnx.card.yaml").read_text("utf-8"))
    assert beside["labels"] == ["0", "1"] and beside["units"] == 1 and beside["activation"] == "sigmoid"
    assert beside["preparation"] == [dict(entry) for entry in of_run(finished).preparation]
    assert (tmp_path / "model.h5.card.yaml").is_file()


def test_what_cannot_be_exported_is_one_sentence(shelf, finished, tmp_path, capsys, monkeypatch):
    def said(*command) -> str:
        assert main(["export", *map(str, command)]) == 2
        error = capsys.readouterr().err.strip()
        assert error and "\n" not in error
        return error

    output = ["--format", "onnx", "--output", tmp_path]
    assert "no-such" in said("--model-name", "no-such", *output)
    assert str(tmp_path) in said("--run", tmp_path, *output)
    assert str(finished) in said("--run", finished, "--format", "h5", "--output", finished)
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    assert "tf2onnx" in said("--run", finished, *output)
