"""Maps drawn on the fast runtime: those of TensorFlow, and the same from six threads on one network as from one."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.explanation.asked import ask, open_all, options_of, picture
from util.explanation import NAMES, Asker, chances, find_method
from util.explanation.faithfulness import begin, curves
from util.explanation.methods.rise import Masks, Options
from util.modelstore import conversion
from util.modelstore.lite import Lite

THREADS = 6


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_all(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def runtimes(opened):
    pytest.importorskip("ai_edge_litert")
    return {
        kind: Lite(conversion.converted(opened[kind].card), opened[kind].card)
        for kind in ("sigmoid", "fused")
    }


def all_of(network, runtime, number):
    """Every map of one picture of its own class, and the curves of the last one."""
    pixels, target = picture(number), number % len(network.card.labels)
    question, _ = ask(network, pixels, target)
    asker = Asker(network, target, batch=8, runtime=runtime)
    heats = {name: find_method(name).explain(question, options_of(name), asker).heat for name in NAMES}
    found = curves(begin(chances(asker, question.encoded), pixels, steps=5), heats["occlusion"])
    return {**heats, "deletion": found.deletion, "insertion": found.insertion}


@pytest.mark.parametrize("kind", ["sigmoid", "fused"])
def test_maps_on_the_fast_runtime_are_those_on_tensorflow(opened, runtimes, kind):
    fast = all_of(opened[kind], runtimes[kind], 1)
    slow = all_of(opened[kind], None, 1)
    for name, values in fast.items():
        assert values.any()
        np.testing.assert_allclose(values, slow[name], atol=2e-3, err_msg=name)


@pytest.mark.parametrize("kind", ["sigmoid", "fused"])
def test_six_threads_on_one_network_get_the_maps_of_one_thread(opened, runtimes, kind):
    network, runtime = opened[kind], runtimes[kind]
    alone = [all_of(network, runtime, number) for number in range(THREADS)]
    together, start = {}, threading.Barrier(THREADS)

    def work(number):
        start.wait()
        together[number] = all_of(network, runtime, number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(THREADS):
        for name, values in alone[number].items():
            np.testing.assert_allclose(together[number][name], values, rtol=0, atol=1e-6, err_msg=name)
    # Each thread asked something else: nobody got a neighbour's map.
    assert len({together[number]["occlusion"].tobytes() for number in range(THREADS)}) == THREADS


@pytest.mark.parametrize("size", [(48, 48), (50, 33)])
def test_masks_added_up_without_drawing_them_are_the_sum_of_those_drawn(size):
    masks, weights = Masks(Options(masks=30), size), np.random.default_rng(0).normal(size=30)
    drawn = np.stack([masks[one] for one in range(30)])
    assert (
        drawn.shape == (30, *size)
        and drawn.min() >= 0
        and drawn.max() <= 1
        and np.ptp(drawn, axis=0).min() > 0
    )
    np.testing.assert_allclose(masks.gathered(weights), np.tensordot(weights, drawn, 1), atol=1e-5)
