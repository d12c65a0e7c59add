"""The speed benchmark: peers that take turns, floors, and our own tasks on a tiny network."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest

from benchmarks import methods
from benchmarks.timed import of_ours, peer
from tests import networks
from util.explanation import FIRST, NAMES
from util.modelstore import find_card

SCRIPT = """
from benchmarks.timed.peer import serve
def fails(asked):
    raise ValueError("no such thing")
serve({"slow": lambda asked: {"seconds": asked["by"]}, "fails": fails}, version="7")
"""


@pytest.fixture
def small_peer():
    made = peer.Peer("small", [sys.executable, "-c", SCRIPT], str(methods.PROJECT))
    yield made
    made.close()


def test_a_peer_answers_from_its_own_process_and_its_faults_are_heard(small_peer):
    assert small_peer.about == {"tasks": ["fails", "slow"], "version": "7"}
    assert small_peer.ask("slow", by=0.25) == {"seconds": 0.25}
    with pytest.raises(RuntimeError, match="small: fails: ValueError: no such thing"):
        small_peer.ask("fails")
    assert small_peer.ask("slow", by=2)["seconds"] == 2
    with pytest.raises(RuntimeError, match="dead ended with 1: ValueError: last words"):
        peer.Peer("dead", [sys.executable, "-c", "raise ValueError('last words')"], str(methods.PROJECT))


def test_peers_that_have_started_are_closed_when_a_later_one_dies(monkeypatch, tmp_path):
    closed = []

    class Started:
        def __init__(self, name, command, folder):
            self.name = name
            if name == "Xplique":
                raise RuntimeError("Xplique ended with 1: no such module")

        def close(self):
            closed.append(self.name)

    monkeypatch.setattr(methods, "Peer", Started)
    with pytest.raises(RuntimeError, match="no such module"):
        methods.peers_of({"job": {}}, tmp_path / "python", alone=False, file=tmp_path / "job.npz")
    assert closed == ["ours", "tf-keras-vis"]
    assert list(methods.peers_of({"job": {}}, None, alone=False, file=tmp_path / "job.npz")) == closed


class Fixed:
    """A peer whose seconds are known."""

    def __init__(self, order, name, seconds):
        self.about = {"tasks": list(seconds), "runtime": "none"}
        self._order, self._name, self._seconds = order, name, seconds

    def ask(self, task, **more):
        self._order.append(self._name)
        return {"seconds": self._seconds[task]}


def test_peers_take_turns_and_floors_are_held_against_medians(capsys):
    order = []
    ours = Fixed(order, "ours", {"grad_cam": 1.0, "occlusion": 1.0, "rise": 4.0, "raw": 0.8})
    others = {
        "tf-keras-vis": Fixed(order, "tf-keras-vis", {"grad_cam": 6.0}),
        "Xplique": Fixed(order, "Xplique", {"grad_cam": 0.9, "occlusion": 3.0, "rise": 7.0}),
    }
    floors = methods.Floors()
    methods.speed({"ours": ours, **others}, 2, floors)
    assert order[:9] == ["ours", "tf-keras-vis", "Xplique"] * 3
    told = capsys.readouterr().out
    assert "tf-keras-vis / ours: 6.00 x (at least 5: ok)" in told
    assert "share of the raw forward throughput: 80.00 % (at least 70: ok)" in told
    # Slower than a peer in Grad-CAM; of RISE too slow beside the peer and beside the raw passes.
    assert floors.missed == ["Xplique / ours", "share of the raw forward throughput", "Xplique / ours"]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A job file for a tiny fused network, of drawn samples."""
    place = tmp_path_factory.mktemp("job")
    folder = networks.make_model_folder(place / "models", "skin")
    made = methods.job_of(find_card("skin-test", folder), folder, 2, place / "no-data")
    assert not made["real"] and made["pixels"].dtype == np.float32
    made["job"] |= {"grid": 4, "masks": 6, "cells": 4, "batch": 4}
    arrays = {name: value for name, value in made.items() if isinstance(value, np.ndarray)}
    np.savez(place / "job.npz", job=json.dumps(made["job"]), **arrays)
    return place / "job.npz"


def test_our_tasks_run_on_a_fused_network(job, monkeypatch, capsys):
    asked = [
        {"task": "grad_cam", "times": 2}, {"task": "occlusion"}, {"task": "rise"}, {"task": "raw", "passes": 6},
        {"task": "integrated_gradients", "image": 1}, {"task": "page"}, {"task": "page", "all": True},
    ]  # fmt: skip
    monkeypatch.setattr(of_ours, "fast_runtime_of", lambda network: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(json.dumps(one) + "\n" for one in asked)))
    of_ours.main(str(job))
    lines = [
        line.removeprefix("@answer ") for line in capsys.readouterr().out.splitlines() if line.startswith("@")
    ]
    about, *answers = [json.loads(line) for line in lines]
    assert set(about["tasks"]) == {one["task"] for one in asked}
    assert not [one["failed"] for one in answers if "failed" in one]
    assert all(one["seconds"] > 0 for one in answers)
    assert answers[4]["steps"] >= 32 and answers[4]["allowed"] >= 0.001
    assert set(answers[5]["methods"]) == set(FIRST) and set(answers[6]["methods"]) == set(NAMES)


def test_incomplete_sums_and_the_peers_time_are_counted(capsys):
    class Gradients:
        def __init__(self, seconds, errors):
            self.about, self._seconds, self._errors = {"tasks": ["integrated_gradients"]}, seconds, errors

        def ask(self, task, image):
            return {
                "seconds": self._seconds, "steps": 32, "difference": 1.0, "error": self._errors[image], "allowed": 0.01,
            }  # fmt: skip

    floors = methods.Floors()
    peers = {"ours": Gradients(1.0, [0.001, 0.02]), "Xplique": Gradients(3.0, [0.1, 0.2])}
    methods.gradients(peers, 2, floors)
    told = capsys.readouterr().out
    assert floors.missed == ["complete to 1 % of max(|difference|, 0.1)"]
    assert (
        "50.00 % of images" in told
        and "Xplique's time / ours: 3.00 x" in told
        and "error median 15.00%" in told
    )


def test_an_environment_is_made_whole_where_it_was_left_half_made(monkeypatch, tmp_path):
    lines = []

    def run(line, check=False):
        lines.append(line)
        there = "-c" not in line or (tmp_path / "xplique").exists()
        return methods.subprocess.CompletedProcess(line, 0 if there else 1)

    monkeypatch.setattr(methods.subprocess, "run", run)
    python = tmp_path / ("Scripts/python.exe" if methods.os.name == "nt" else "bin/python")
    python.parent.mkdir()
    python.touch()
    assert methods.make_environment(tmp_path) == python and methods.XPLIQUE in lines[-1]
    (tmp_path / "xplique").touch()
    lines.clear()
    assert methods.make_environment(tmp_path) == python and len(lines) == 1
