"""Every method on every shape of network: what holds for all of them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import util.explanation.methods as methods
from tests.explanation.asked import (
    KINDS,
    SMALL,
    ask,
    explained,
    open_all,
    options_of,
    picture,
    similar,
)
from util.explanation import Asker, Cancelled
from util.explanation.method import PRESETS
from util.explanation.methods import FIRST, NAMES, find_method
from util.language import LANGUAGES, entries

MAPS_OF_CHANNELS = ("grad_cam", "grad_cam_plus_plus", "layer_cam", "score_cam")
DEGENERATE = {
    "black": np.zeros((48, 48, 3), np.uint8),
    "white": np.full((48, 48, 3), 255, np.uint8),
    "one colour": np.full((48, 48, 3), (200, 90, 120), np.uint8),
    "noise": np.random.default_rng(5).integers(0, 256, (48, 48, 3), dtype=np.uint8),
    "one point": np.pad(np.full((1, 1, 3), 255, np.uint8), ((20, 27), (20, 27), (0, 0))),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_all(tmp_path_factory.mktemp("networks"))


def test_there_is_one_file_a_method_found_by_its_name():
    files = {file.stem for file in Path(methods.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(NAMES) and set(FIRST) <= set(NAMES)
    assert [find_method(name).name for name in NAMES] == list(NAMES)
    with pytest.raises(KeyError, match="occlusion"):
        find_method("guided_backpropagation")


@pytest.mark.parametrize("name", NAMES)
def test_a_method_has_words_in_both_languages_and_both_presets(name):
    method = find_method(name)
    assert tuple(method.options) == PRESETS
    for language in LANGUAGES:
        texts = [method.title.text(language)] + [
            method.words(part).text(language) for part in ("asks", "reading", "misleads", "source")
        ]
        assert len(set(texts)) == 5 and all(texts)
    assert method.words("asks").text("en").endswith("?")
    assert f"methods.{name}" in entries()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_map_is_scaled_finite_repeatable_and_costs_what_was_said(opened, name, kind):
    network, method = opened[kind], find_method(name)
    target = len(network.card.labels) - 1
    question, asker = ask(network, picture(1), target)
    told = []
    found = method.explain(question, options_of(name), asker, lambda done, total: told.append((done, total)))
    assert found.method == name and found.target == target and found.signed == method.signed
    assert found.heat.shape == (48, 48) and found.heat.dtype == np.float32
    assert np.isfinite(found.heat).all() and not found.heat.flags.writeable
    assert found.empty == (not found.heat.any())
    assert found.heat.min() >= (-1 if method.signed else 0) and found.heat.max() <= 1
    if not found.empty:
        assert np.abs(found.heat).max() == pytest.approx(1)
    assert found.passes == method.passes(options_of(name), question)
    assert (found.seed is not None) == method.chance
    assert told and told[-1][0] == told[-1][1]
    again = method.explain(question, options_of(name), Asker(network, target, batch=7))
    np.testing.assert_allclose(again.heat, found.heat, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_most_classes_of_most_networks_have_a_map(opened, name):
    drawn = sum(
        not explained(name, opened[kind], picture(2), target).empty
        for kind in ("flat", "sigmoid", "fused")
        for target in (0, 1)
    )
    assert drawn >= 3


@pytest.mark.parametrize("name", NAMES)
def test_a_nested_model_has_the_map_of_the_same_model_laid_flat(opened, name):
    one, other = (explained(name, opened[kind], picture(2), 1) for kind in ("flat", "nested"))
    assert one.empty == other.empty
    np.testing.assert_allclose(one.heat, other.heat, atol=2e-3)


# The others weigh channels as wholes, and light up wherever a channel is active.
@pytest.mark.parametrize("name", [name for name in NAMES if name not in MAPS_OF_CHANNELS] + ["layer_cam"])
def test_what_a_network_looks_at_is_lit_and_what_it_does_not_look_at_is_not(opened, name):
    image = np.full((48, 48, 3), 60, np.uint8)
    image[:24, :24, 0] = 200
    found = explained(name, opened["quarter"], image, 1, **QUARTER.get(name, {}))
    assert found.heat[:24, :24].mean() > 0.3
    assert np.abs(found.heat[30:, 30:].mean()) < 0.2


QUARTER = {
    "occlusion": {"levels": ((4, 1), (8, 1))},
    "lime": {"samples": 300, "segments": 16},
    "rise": {"masks": 600},
}


@pytest.mark.parametrize("name", [name for name in NAMES if find_method(name).signed])
def test_the_other_class_of_one_unit_has_the_map_with_its_signs_turned(opened, name):
    one, other = (explained(name, opened["sigmoid"], picture(4), target) for target in (0, 1))
    np.testing.assert_allclose(one.heat, -other.heat, atol=1e-3)


@pytest.mark.parametrize("image", DEGENERATE)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_of_nothing_gives_no_number_that_is_none_and_says_when_it_is_empty(opened, name, image):
    for kind in ("sigmoid", "fused"):
        found = explained(name, opened[kind], DEGENERATE[image], 1)
        assert np.isfinite(found.heat).all() and found.empty == (not found.heat.any())
        said = [note.text("en") for note in found.notes if note.key == "methods.no_evidence"]
        assert bool(said) == found.empty
        plain = image in ("black", "white", "one colour")
        if plain and name in ("integrated_gradients", "occlusion", "rise", "lime"):
            assert found.empty  # nothing can be taken away from one colour


@pytest.mark.parametrize("name", MAPS_OF_CHANNELS)
def test_another_layer_may_be_chosen_and_the_cards_is_the_default(opened, name):
    network = opened["fused nested"]
    found = explained(name, network, picture(5), 4, layer="backbone/relu_1")
    assert found.grid == (24, 24) and found.facts["layer"] == "backbone/relu_1"
    default = explained(name, network, picture(5), 4)
    assert default.grid == (12, 12) and default.facts["layer"] == "backbone/last"
    # Chosen by name, the card's own layer is the default.
    np.testing.assert_array_equal(
        explained(name, network, picture(5), 4, layer="backbone/last").heat, default.heat
    )
    # Another layer of the same values: what the nested model gives is what its last layer gives.
    alias = explained(name, network, picture(5), 4, layer="last")
    if not default.empty:
        assert similar(alias.heat, default.heat) > 0.999


@pytest.mark.parametrize("name", NAMES)
def test_a_method_stops_when_nobody_waits(opened, name):
    question, _ = ask(opened["flat"], picture(), 1)
    asker = Asker(question.network, 1, cancelled=lambda: True)
    if name == "score_cam" and not question.prediction.features.any():
        pytest.fail("a test image without features")
    with pytest.raises(Cancelled):
        find_method(name).explain(question, options_of(name), asker)


@pytest.mark.parametrize("name", [name for name in NAMES if find_method(name).chance])
def test_another_seed_is_another_draw_and_the_same_seed_the_same(opened, name):
    one, same, other = (
        explained(name, opened["flat"], picture(6), 1, **{**SMALL[name], "seed": seed}) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.heat, same.heat)
    assert np.abs(one.heat - other.heat).max() > 0.01
    assert (one.seed, other.seed) == (0, 1)


@pytest.mark.parametrize("kind", ["fused", "sigmoid"])
def test_six_threads_draw_the_same_maps_as_one(opened, kind):
    network = opened[kind]
    last = len(network.card.labels) - 1

    def all_maps(seed):
        return np.stack([explained(name, network, picture(seed), min(seed, last)).heat for name in NAMES])

    alone = [all_maps(seed) for seed in range(6)]
    together = {}
    start = threading.Barrier(6)

    def work(seed):
        start.wait()
        together[seed] = all_maps(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(6):
        np.testing.assert_array_equal(together[seed], alone[seed])
