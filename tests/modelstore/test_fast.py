"""The fast runtime: TensorFlow's scores for every shape of network, and TensorFlow itself wherever it cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from tests import networks
from util.language import LANGUAGES, Sentence
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
    monkeypatch.delenv("PENUMBRA_FAST", raising=False)


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


def test_what_a_child_process_converts_is_the_same_network(opened):
    network = opened["fused"]
    conversion.convert_in_child(network.card)
    runtime = Lite(fast_cache.read(fast_cache.key_of(network.card)), network.card)
    assert fast.difference(runtime, network) < 1e-4


def test_a_network_is_converted_once_and_found_again(opened, children):
    for _ in range(2):
        assert fast.fast_runtime(opened["flat"], wait=True).parity < 1e-4
    fast._known.clear()  # as after a new start
    assert fast.fast_runtime(opened["flat"]).parity < 1e-4  # not waited for: the file is there
    assert children == [opened["flat"].card.sha256]


def test_nobody_waits_for_a_conversion_but_who_wants_to(opened, children, monkeypatch):
    network, go, convert = opened["sigmoid"], threading.Event(), conversion.convert_in_child

    def slow(card):
        assert go.wait(60)
        convert(card)

    monkeypatch.setattr(conversion, "convert_in_child", slow)
    fast.begin_fast(network)
    assert fast.fast_runtime(network) is None
    assert fast.reason_for_slow(network).key == "modelstore.fast_not_yet"
    found = []
    waiting = [
        threading.Thread(target=lambda: found.append(fast.fast_runtime(network, wait=True))) for _ in range(3)
    ]
    for thread in waiting:
        thread.start()
    go.set()
    for thread in waiting:
        thread.join()
    assert found[0] is not None and found == [found[0]] * 3
    assert fast.fast_runtime(network) is found[0] and fast.reason_for_slow(network) is None
    assert len(children) == 1


def test_networks_are_converted_one_after_another(opened, children, monkeypatch):
    convert, go, running, most = conversion.convert_in_child, threading.Event(), [], []

    def held(card):
        running.append(card)
        most.append(len(running))
        assert go.wait(60)
        convert(card)
        running.remove(card)

    monkeypatch.setattr(conversion, "convert_in_child", held)
    wanted = [opened[kind] for kind in ("flat", "sigmoid", "nested")]
    for network in wanted:
        fast.begin_fast(network)
    assert all(loading.looked.wait(60) and loading.converting for loading in fast._known.values())
    go.set()
    assert all(fast.fast_runtime(network, wait=True) for network in wanted)
    assert most == [1, 1, 1]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_file_in_the_cache_is_made_again(opened, children, damage):
    network = opened["flat"]
    assert fast.fast_runtime(network, wait=True) is not None
    (path,) = fast_cache.cache_folder().glob("*.tflite")
    whole = path.read_bytes()
    flipped = bytes([whole[0], whole[1] ^ 255]) + whole[2:]
    path.write_bytes({"cut": whole[:-100], "flipped": flipped, "empty": b""}[damage])
    fast._known.clear()
    assert fast.fast_runtime(network, wait=True).parity < 1e-4
    assert len(children) == 2 and path.read_bytes() == whole


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test moves: a list of one number of seconds."""
    now = [1000.0]
    monkeypatch.setattr(fast, "_clock", lambda: now[0])
    return now


def test_a_cached_file_that_cannot_be_run_is_made_once_more(opened, children):
    network = opened["flat"]
    fast_cache.write(fast_cache.key_of(network.card), b"no network at all")
    assert fast.fast_runtime(network, wait=True).parity < 1e-4
    assert fast.reason_for_slow(network) is None and len(children) == 1


def test_what_cannot_be_run_when_it_was_just_made_is_not_made_again_and_again(opened, monkeypatch, clock):
    network, made = opened["flat"], []

    def convert(card):
        made.append(card)
        fast_cache.write(fast_cache.key_of(card), b"no network at all")

    monkeypatch.setattr(conversion, "convert_in_child", convert)
    for _ in range(2):
        assert fast.fast_runtime(network, wait=True) is None
        assert fast.reason_for_slow(network).key == "modelstore.fast_failed"
        clock[0] += 1e6
    assert len(made) == 1


def test_a_conversion_that_failed_is_tried_again_later_and_each_time_later_still(
    opened, children, monkeypatch, clock
):
    network, convert, tries, broken = opened["flat"], conversion.convert_in_child, [], [True]

    def sometimes(card):
        tries.append(clock[0])
        if broken[0]:
            raise conversion.ConversionFailed("not done after 600 seconds")
        convert(card)

    monkeypatch.setattr(conversion, "convert_in_child", sometimes)
    start = clock[0]
    for pause in (0, fast.PAUSE - 1, 1, 2 * fast.PAUSE - 1):  # the last one comes too early again
        clock[0] += pause
        assert fast.fast_runtime(network, wait=True) is None
        assert fast.reason_for_slow(network).key == "modelstore.fast_not_converted"
    assert tries == [start, start + fast.PAUSE]
    broken[0] = False
    clock[0] += 1
    assert fast.fast_runtime(network, wait=True).parity < 1e-4 and len(tries) == 3
    assert fast.reason_for_slow(network) is None


def test_another_networks_conversion_is_noticed_and_not_used(opened, children, contents):
    network, other = opened["nested"], opened["sequential"]
    fast_cache.write(fast_cache.key_of(network.card), contents("sequential"))
    assert fast.fast_runtime(network, wait=True) is None
    assert fast.reason_for_slow(network).key == "modelstore.fast_differs"
    assert fast.fast_runtime(other, wait=True) is not None


def test_a_child_that_is_killed_leaves_nothing_and_tensorflow_answers(opened, monkeypatch):
    network, convert = opened["flat"], conversion.convert_in_child
    # No process imports TensorFlow in a hundredth of a second.
    monkeypatch.setattr(conversion, "convert_in_child", lambda card: convert(card, 0.01))
    assert fast.fast_runtime(network, wait=True) is None
    assert fast.reason_for_slow(network).key == "modelstore.fast_not_converted"
    assert not fast_cache.cache_folder().exists()


def test_a_child_that_fails_says_why(opened, tmp_path):
    card = replace(opened["flat"].card, folder=tmp_path)  # where there is no such file
    with pytest.raises(conversion.ConversionFailed, match="exit 1.*model.h5"):
        conversion.convert_in_child(card)


def test_without_the_package_tensorflow_answers(opened, children, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert fast.fast_runtime(opened["flat"], wait=True) is None
    assert fast.reason_for_slow(opened["flat"]).key == "modelstore.fast_missing" and not children


def test_a_cache_folder_that_cannot_be_written_is_no_reason_to_fail(opened, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PENUMBRA_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(conversion, "convert_in_child", lambda card: None)
    assert fast.fast_runtime(opened["flat"], wait=True) is None
    assert fast.reason_for_slow(opened["flat"]).key == "modelstore.fast_not_converted"


def test_a_network_whose_weights_were_changed_is_never_answered_by_its_file(opened, children):
    network = randomised_network(opened["flat"].card, 1)
    assert fast.fast_runtime(network, wait=True) is None and not children
    fast.begin_fast(network)
    assert fast.reason_for_slow(network).key == "modelstore.fast_altered" and not children


def test_it_can_be_switched_off(opened, children, monkeypatch):
    monkeypatch.setenv("PENUMBRA_FAST", "0")
    fast.begin_fast(opened["flat"])
    assert fast.fast_runtime(opened["flat"], wait=True) is None and not children
    assert fast.reason_for_slow(opened["flat"]).key == "modelstore.fast_off"


def test_only_the_networks_used_last_are_kept_ready(opened, children, monkeypatch):
    monkeypatch.setattr(fast, "LOADED", 2)
    for kind in ("flat", "sigmoid", "fused"):
        fast.fast_runtime(opened[kind], wait=True)
    fast.fast_runtime(opened["fused"])
    assert list(fast._known) == [fast_cache.key_of(opened[kind].card) for kind in ("sigmoid", "fused")]


def test_the_key_is_of_all_that_shapes_the_scores(opened):
    card = opened["fused"].card
    assert fast_cache.key_of(replace(card, name="other", extra={})) == fast_cache.key_of(card)
    others = [
        replace(card, sha256="0" * 64),
        replace(card, input=replace(card.input, scale=0.5)),
        replace(card, metadata=None),
    ]
    assert len({fast_cache.key_of(other) for other in [card, *others]}) == 4


def test_the_cache_lies_where_the_users_caches_lie(monkeypatch, tmp_path):
    assert fast_cache.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("PENUMBRA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, folder in (
        ("linux", tmp_path / "xdg" / "penumbra"),
        ("win32", tmp_path / "local" / "penumbra"),
    ):
        monkeypatch.setattr(fast_cache.sys, "platform", platform)
        assert fast_cache.cache_folder() == folder


def test_two_processes_that_write_at_once_leave_one_whole_file(project):
    one, other = b"1" * 300_000, b"2" * 200_000
    code = "from util.modelstore import fast_cache\nfor _ in range(60): fast_cache.write('k', b'1' * 300_000)"
    fast_cache.write("k", other)
    with subprocess.Popen([sys.executable, "-c", code], cwd=project) as writer:
        while writer.poll() is None:
            assert fast_cache.read("k") in (one, other)
            fast_cache.write("k", other)
    assert writer.returncode == 0 and fast_cache.read("k") in (one, other)
    assert len(list(fast_cache.cache_folder().iterdir())) == 1


def test_the_cache_keeps_what_was_used_last_and_drops_what_a_killed_process_left(monkeypatch):
    monkeypatch.setattr(fast_cache, "KEPT", 2)
    folder = fast_cache.cache_folder()
    for age, name in ((30, "a"), (20, "b"), (10, "c")):
        fast_cache.write(name, name.encode())
        os.utime(folder / f"{name}.tflite", (age, age))
    for age, name in ((1e9, "old.part"), (time.time(), "new.part")):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (age, age))
    assert fast_cache.read("c") == b"c" and fast_cache.read("unknown") is None
    fast_cache.write("d", b"d")
    assert sorted(path.name for path in folder.iterdir()) == ["c.tflite", "d.tflite", "new.part"]


def test_every_reason_is_said_in_both_languages():
    reasons = ("off", "not_yet", "altered", "missing", "not_converted", "differs", "failed")
    said = {
        Sentence.of(f"modelstore.fast_{reason}").text(language)
        for reason in reasons
        for language in LANGUAGES
    }
    assert len(said) == 2 * len(reasons)


def test_six_threads_on_one_runtime_get_the_scores_of_one_thread(opened, children):
    network = opened["fused"]
    runtime = fast.fast_runtime(network, wait=True)
    alone = [runtime(pictures(19, i), rows_of(network, 19)) for i in range(6)]
    together, start = {}, threading.Barrier(6)

    def work(index):
        start.wait()
        together[index] = runtime(pictures(19, index), rows_of(network, 19))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(6):
        np.testing.assert_array_equal(together[index], alone[index])
