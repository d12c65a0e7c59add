"""The pipeline benchmark prints what is served and what is eaten, as ratios of one run."""

import re
from types import SimpleNamespace

import pytest

from benchmarks import pipeline
from benchmarks.pipeline import files_of, main, prepared, rates, shares
from tests.training.drawn_sets import quickly
from util.samples import samples
from util.training.configuration import configuration

TINY = ["--model", "cnn", "--img-size", "32", "--batch-size", "4", "--seconds", "0", "--drawn"]


@pytest.mark.parametrize("modality", ["breast", "skin"])
def test_each_recipe_has_its_rates_and_its_ratio_line(modality, capsys, tmp_path, monkeypatch):
    for name, value in {"FILES": 2, "BATCHES": 1, "FED": 1}.items():
        monkeypatch.setattr(pipeline, name, value)
    monkeypatch.setattr(pipeline, "samples", lambda name: samples(name)[:2])
    with quickly(tmp_path):
        assert main(["--modality", modality, *TINY]) == 0
    text = capsys.readouterr().out
    assert "drawn samples" in text and "cnn, 32 px, batch 4" in text
    found = dict(re.findall(r"^  ([a-z][a-z, 0-9]+?) +(\d+\.\d) images/s", text, re.MULTILINE))
    assert {"prepare, threads 2", "augment, threads 1", "step", "fed"} <= set(found)
    ratios = re.search(r"^ratio prepared (\S+)  augmented (\S+)  fed (\S+)$", text, re.MULTILINE)
    rate = {name: float(value) for name, value in found.items()}
    assert float(ratios[2]) == pytest.approx(rate["augment, threads 1"] / rate["step"], rel=0.1)
    steps = re.search(r"of preparation: (.*)", text)[1].split(", ")
    names = [part.split()[0] for part in steps]
    assert names == ["decode", *(entry["step"] for entry in configuration(modality).chain)]
    assert sum(int(part.split()[1]) for part in steps) == pytest.approx(100, abs=len(steps))


def test_the_share_of_a_step_is_the_time_it_takes(monkeypatch):
    clock = iter([0, 1, 3, 8])  # decoding takes 1, the first step 2, the second 5
    monkeypatch.setattr(pipeline, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(pipeline, "run_step", lambda pixels, entry: SimpleNamespace(pixels=pixels))
    drawn = files_of("breast", None)[0][:1]
    found = shares(drawn, [{"step": "one"}, {"step": "two"}])
    assert found == {"decode": 1 / 8, "one": 2 / 8, "two": 5 / 8}


def test_tasks_take_turns_and_the_first_turn_does_not_count():
    order = []

    def task(name):
        return lambda: order.append(name) or 10

    found = rates({"a": task("a"), "b": task("b")}, 0)
    assert order == ["a", "b"] * 3 and set(found) == {"a", "b"}
    assert all(rate > 0 and core >= 0 for rate, core in found.values())


def test_a_file_that_is_no_image_is_passed_over():
    assert prepared(b"no image", configuration("breast").chain) is None


def test_an_unknown_network_or_folder_is_one_sentence(tmp_path, capsys):
    assert main(["--modality", "breast", "--model", "no-such", "--drawn", "--seconds", "0"]) == 2
    assert "no-such" in capsys.readouterr().err
    assert main(["--data-root", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


def test_real_files_are_those_of_the_training_part(data_root):
    files, source = files_of("breast", data_root)
    assert source == "real data" and len(files) == 64
    config = configuration("breast")
    assert prepared(files[0], config.chain).shape == (config.img_size, config.img_size, 3)
