"""Parity with the work of others, on tiny networks and a drawn sample."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks import parity, references
from tests import networks
from util.explanation import NAMES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return networks.make_model_folder(tmp_path_factory.mktemp("models"), "chest", "skin", "breast")


def command(folder, tmp_path, *names):
    return parity.main(
        ["--models-folder", str(folder), "--data-root", str(tmp_path / "none"), "--channels", "0", "--places", "120",
         "--models", *names]
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_every_method_is_held_against_somebody_elses_and_the_worst_decides(
    folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(parity, "MASKS", 8)
    code = command(folder, tmp_path, "chest-test")
    told = capsys.readouterr().out
    lowest = dict(re.findall(r"^(\w+) +lowest correlation (\S+)", told, re.MULTILINE))
    assert set(lowest) == set(NAMES) and "no real images" in told
    known = [float(value) for value in lowest.values() if value != "nan"]
    assert len(known) >= 7 and min(known) >= parity.ENOUGH
    assert code == int(len(known) < len(NAMES))
    monkeypatch.setattr(
        references,
        "occlusion",
        lambda question, asker, cells, wide: np.arange(cells**2.0).reshape(cells, cells),
    )
    assert command(folder, tmp_path, "chest-test") == 1
    assert re.search(r"^occlusion .*too low$", capsys.readouterr().out, re.MULTILINE)


def wrong(question, asker, cells, wide):
    return np.arange(cells**2.0).reshape(cells, cells)


def test_a_model_with_metadata_is_refused_in_one_sentence(folder, tmp_path, capsys):
    assert command(folder, tmp_path, "skin-test") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_loops_by_hand():
    grid = np.array([[0.0, 1.0], [0.0, 1.0]])
    large = references.bilinear(grid, 4, 4)
    np.testing.assert_allclose(large, np.tile([0, 0.25, 0.75, 1], (4, 1)))
    assert references.correlation(grid, 3 - 2 * grid) == pytest.approx(-1)
    assert np.isnan(references.correlation(grid, np.ones((2, 2))))
