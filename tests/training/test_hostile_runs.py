"""Configurations, run folders and study tables that were made to break a command: one sentence each."""

import json

import numpy as np
import pytest
import yaml

from util.training import checkpoint
from util.training.__main__ import main
from util.training.configuration import configuration, from_values
from util.training.data_root import DataError
from util.training.export.sources import of_run
from util.training.studies.runs import config_of, history_of, read_answers, summary_of
from util.training.studies.search import read_space
from util.training.studies.table import read_table

OWN = configuration("own").as_yaml()
BROKEN = {
    "cut": b"a: [",
    "encoding": b"\xff\xfe\x00",
    "date": b"made: 2024-13-45",
    "deep": b"a: " + b"[" * 5000,
    "tag": b"a: !!int abc",
    "loop": b"a: &l [*l]",
    "list": b"- a",
    "empty": b"",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_holds_no_configuration_is_one_sentence(tmp_path, capsys, text):
    file = tmp_path / "mine.yaml"
    file.write_bytes(text)
    assert main(["fit", "--modality", "own", "--config", str(file), "--data-root", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.endswith(".\n")


WRONG = {
    "mixing": [[1], 5, "x", {"mixup": "x"}, {1: 2}],
    "distil": [[1], True],
    "metadata_dropout": ["all", 0.3],
    "augmentation": [
        5,
        ["flip"],
        None,
        {"rotation": "x"},
        {"scale": 3},
        {"scale": [0, 1]},
        {"scale": [2, 1]},
        {"scale": [1, "x"]},
        {"flip": 3},
        {"gain": [1]},
        {"blur": float("nan")},
        {"border": 0.9},
        {"jpeg_quality": [90, 101]},
    ],
    "chain": [5, "resize", [5], {"step": "resize"}, [{"step": "resize", "side": "x"}], [{"side": 3}]],
    "restarts": [5, "x", [[1]], {1: 2}],
    "kept_out": [5, "x"],
    "model": [5, ["cnn"]],
    "weights": [None, 3],
    "teacher": [3, ["a"]],
    "refit": ["yes", 1],
    "class_weights": ["no"],
    "validation_fold": ["x", 1.5, 10**400],
    "lr": [[1], "1e400", 10**400, float("nan")],
    "loss": [["focal"], None],
}


@pytest.mark.parametrize(
    ("option", "value"), [(name, value) for name, many in WRONG.items() for value in many]
)
def test_an_option_of_a_wrong_kind_is_one_sentence_that_names_it(tmp_path, option, value):
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(OWN), option: value}), "utf-8")
    with pytest.raises(DataError) as refused:
        configuration("own", file)
    for language in ("en", "fr"):
        said = refused.value.sentence.text(language)
        assert option in said and "\n" not in said and len(said) < 900


def test_values_that_are_none_where_they_may_be_are_taken():
    values = yaml.safe_load(OWN) | dict.fromkeys(
        ("mixing", "distil", "metadata_dropout", "restarts", "teacher")
    )
    assert from_values(values | {"kept_out": None, "validation_fold": None}, "x").restarts == ()


@pytest.fixture
def run(tmp_path):
    """A run folder of whose files each can be broken."""
    (tmp_path / "config.yaml").write_text(OWN, "utf-8")
    (tmp_path / "summary.json").write_text(json.dumps({"labels": ["a", "b"]}), "utf-8")
    (tmp_path / "model.h5").write_bytes(b"not opened here")
    return tmp_path


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("ask", [config_of, of_run])
def test_a_run_with_a_broken_configuration_is_one_sentence(run, text, ask):
    (run / "config.yaml").write_bytes(text)
    with pytest.raises(DataError, match=r"config\.yaml"):
        ask(run)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "", "[" * 100_000, "{}", '{"labels": 3}', '{"labels": ["a"]}', '{"labels": [1, 2]}'],
    ids=["cut", "list", "empty", "deep", "nothing", "number", "one", "numbers"],
)
@pytest.mark.parametrize("ask", [summary_of, of_run])
def test_a_run_with_a_broken_summary_is_one_sentence(run, text, ask):
    (run / "summary.json").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"summary\.json"):
        ask(run)


def test_what_a_summary_lacks_is_named(run):
    assert summary_of(run)["labels"] == ["a", "b"] and summary_of(run).get("prior") is None
    with pytest.raises(DataError, match=r"prior.*summary\.json"):
        summary_of(run)["prior"]


@pytest.mark.parametrize("text", [b"epoch,loss\n1,x\n", b"epoch,loss\n1\n", b"\xff\xfe\x00"])
def test_a_broken_history_is_one_sentence(run, text):
    (run / "history.csv").write_bytes(text)
    with pytest.raises(DataError, match=r"history\.csv"):
        history_of(run)


@pytest.mark.parametrize("content", [b"PK", b"", None])
@pytest.mark.parametrize("ask", [lambda run: read_answers(run / checkpoint.FILE), checkpoint.progress_of])
def test_broken_arrays_of_a_run_are_one_sentence(run, content, ask):
    file = run / checkpoint.FILE
    file.write_bytes(content) if content is not None else np.savez(file, progress=np.array("{"))
    with pytest.raises(DataError, match="npz"):
        ask(run)


ROW = "{row: a, model: cnn}"
TABLES = {
    **{name: text.decode("latin-1") for name, text in BROKEN.items() if name != "encoding"},
    "no rows": "base: {}",
    "a base of words": f"base: x\nrows: [{ROW}]",
    "rows of words": "base: {}\nrows: x",
    "a row of words": "base: {}\nrows: [x]",
    "a row without a name": "base: {}\nrows: [{model: cnn}]",
    "preparations of words": f"base: {{}}\npreparations: x\nrows: [{ROW}]",
    "an unhashable preparation": "base: {}\nrows: [{row: a, preparation: [1]}]",
    "an unhashable teacher": "base: {}\nrows: [{row: a, teacher_row: [1]}]",
    "a chain of words": "base: {}\npreparations: {p: x}\nrows: [{row: a, preparation: p}]",
    "an augmentation of words": "base: {augmentation: x}\nrows: []",
    "a chain of nothing": "base: {chain: []}\nrows: []",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_a_broken_table_of_a_study_is_one_sentence(tmp_path, text):
    (tmp_path / "table.yaml").write_text(text, "utf-8")
    with pytest.raises(DataError):
        read_table("chest", tmp_path, tmp_path / "table.yaml")


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_space_of_a_search_is_one_sentence(tmp_path, text):
    (tmp_path / "space.yaml").write_bytes(text)
    with pytest.raises(DataError, match=r"space\.yaml"):
        read_space(tmp_path / "space.yaml")
