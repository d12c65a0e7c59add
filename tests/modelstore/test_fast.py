"""The fast runtime: the scores of TensorFlow for every shape of network, and TensorFlow itself wherever it cannot be had."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from tests import networks
from util.language import LANGUAGES
from util.modelstore import conversion, fast, fast_cache, open_network, randomised_network
from util.modelstore.lite import Lite

pytest.importorskip("ai_edge_litert")
KINDS = {
    "flat": (networks.flat, "chest", {}),
    "nested": (networks.nested, "chest", {}),
    "sigmoid": (networks.sigmoid, "breast", {}),
    "fused": (networks.fused, "skin", {}),
    "metadata first": (lambda: networks.fused(metadata_first=True), "skin", {}),
    "fused nested": (networks.fused_nested, "skin", {"layer": "backbone/last"}),
    "sequential": (networks.sequential, "chest", {}),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Every kind of network, opened once."""
    folder = tmp_path_factory.mktemp("networks")
    return {
        kind: open_network(
            networks.write_model(
                folder / kind, build(), networks.card_mapping(modality, familiarity=None, **changes)
            )
        )
        for kind, (build, modality, changes) in KINDS.items()
    }


@pytest.fixture(scope="module")
def contents(opened):
    """The converted networks, each made once, in this process."""
    made = {}

    def content(kind):
        if kind not in made:
            made[kind] = conversion.converted(opened[kind].card)
        return made[kind]

    return content


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """An empty cache folder, and nothing known from another test."""
    monkeypatch.setenv("PENUMBRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fast, "_known", {})


@pytest.fixture
def children(monkeypatch, contents, opened):
    """Conversions without a child process; the list of those asked for."""
    asked = []

    def convert(card, limit=0):
        asked.append(card.sha256)
        kind = next(kind for kind, network in opened.items() if network.card.sha256 == card.sha256)
        fast_cache.write(fast_cache.key_of(card), contents(kind))

    monkeypatch.setattr(conversion, "convert_in_child", convert)
    return asked


def pictures(count, seed=0):
    shape = (count, networks.SIDE, networks.SIDE, 3)
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


def rows_of(network, count):
    if network.card.metadata is None:
        return None
    return np.random.default_rng(1).random((count, network.card.metadata.width)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_tensorflow_whatever_the_number_of_pictures(opened, children, kind):
    network = opened[kind]
    runtime = fast.fast_runtime(network, wait=True)
    assert fast.reason_for_slow(network) is None
    assert runtime.name == "LiteRT" and runtime.parity < 1e-4
    for count in (1, runtime.piece, 2 * runtime.piece + 1):
        pixels, rows = pictures(count, count), rows_of(network, count)
        found = runtime(pixels, rows)
        assert found.shape == (count, network.card.units)
        np.testing.assert_allclose(found, network.score_pixels(pixels, rows), atol=1e-4)
    # The network listens: these are not the scores of anything.
    assert np.ptp(runtime(pictures(9), rows_of(network, 9)), axis=0).min() > 1e-4


def test_a_conversion_in_a_child_gives_the_same_file_content_back(opened):
    network = opened["fused"]
    conversion.convert_in_child(network.card)
    runtime = Lite(fast_cache.read(fast_cache.key_of(network.card)), network.card)
    assert fast.difference(runtime, network) < 1e-4
