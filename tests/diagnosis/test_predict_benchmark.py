"""The benchmark prints one ratio for each default model, with the peer beside it where the peer can open the file."""

from __future__ import annotations

import re

import pytest

from benchmarks.predict import main, medians
from tests import networks


@pytest.mark.filterwarnings("ignore")
def test_each_default_model_has_its_ratio_line(tmp_path, capsys):
    folder = networks.make_model_folder(tmp_path, "skin", "breast")
    assert main(["--models-folder", str(folder), "--runs", "2"]) == 0
    text = capsys.readouterr().out
    ratios = [float(found) for found in re.findall(r"^ratio (\d+\.\d\d)$", text, re.MULTILINE)]
    assert len(ratios) == 2 and all(ratio > 0 for ratio in ratios)
    breast, skin = text.split("skin  ")
    assert "tf-keras-vis" in breast and "tf-keras-vis" not in skin


def test_an_unknown_model_is_one_sentence_and_code_two(tmp_path, capsys):
    assert main(["--models-folder", str(tmp_path), "--model", "no-such"]) == 2
    assert "no-such" in capsys.readouterr().err


def test_tasks_take_turns_and_the_first_turns_do_not_count():
    order = []
    found = medians({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 8 and set(found) == {"a", "b"}
