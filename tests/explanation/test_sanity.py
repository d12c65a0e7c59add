"""Networks that forget from the output back, and how alike their maps are to the trained one's."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from tests import networks
from util.explanation import grad_cam
from util.explanation.controls import edge_map
from util.explanation.sanity import Likeness, Sanity, cascade, likeness, sanity
from util.language import LANGUAGES
from util.modelstore import CardError, open_network, randomised_network
from util.modelstore.randomised import last_layers, weighted
from util.prediction import Metadata, predict
from util.preparation import Prepared

PIXELS = np.random.default_rng(0).integers(0, 256, (2, networks.SIDE, networks.SIDE, 3), dtype=np.uint8)


def bumps(seed, side=32):
    """A map with hills, float64 (side, side) in [0, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    heat = sum(np.sin(rng.normal(0, 5) * x + rng.normal(0, 5) * y + rng.normal()) for _ in range(4))
    return (heat - heat.min()) / np.ptp(heat)


def test_the_trained_map_is_like_itself_and_others_are_compared_with_it_and_with_the_edges():
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    found = sanity([bumps(0), bumps(1), edge_map(pixels)], pixels)
    assert found.trained[0] == Likeness(pytest.approx(1), pytest.approx(1))
    assert found.trained[1] == likeness(bumps(0), bumps(1))
    assert found.edges[2] == Likeness(pytest.approx(1), pytest.approx(1))
    assert abs(found.edges[0].spearman) < 0.3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_that_stays_fails_one_that_changes_passes_and_a_blank_one_says_so(language):
    pixels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    stays = sanity([bumps(0), bumps(0) ** 2], pixels)
    changes = sanity([bumps(0), 1 - bumps(0)], pixels)
    blank = sanity([bumps(0), bumps(1), np.zeros((32, 32))], pixels)
    assert (stays.kept, changes.kept, blank.kept) == (True, False, None)
    assert blank.trained[2] == blank.edges[2] == Likeness(None, None)
    assert blank.trained[1].spearman is not None
    said = [each.sentence("grad").text(language) for each in (stays, changes, blank)]
    assert len(set(said)) == 3 and all("grad" in text for text in said)


def test_the_last_stage_decides():
    one, other = Likeness(1.0, 1.0), Likeness(0.1, 0.1)
    assert not Sanity((one, one, other), (one,) * 3).kept
    assert Sanity((one, other, one), (one,) * 3).kept


def test_one_map_alone_is_refused():
    with pytest.raises(ValueError, match="at least one more"):
        sanity([bumps(0)], np.zeros((32, 32, 3), np.uint8))


def test_stages_take_layers_from_the_output_back_without_a_gap():
    layers = list("abcdefghijk")
    taken = [last_layers(layers, stage, 6) for stage in range(7)]
    assert taken[0] == [] and taken[1] == ["a"] and taken[6] == layers
    assert [len(one) for one in taken] == [0, 1, 3, 5, 7, 9, 11]
    assert all(layers[: len(one)] == one for one in taken)
    assert last_layers(["a"], 1, 6) == last_layers(["a"], 6, 6) == ["a"]
    assert last_layers(layers, 1, 1) == layers
    assert last_layers([], 3, 6) == []


KINDS = {
    "flat": (networks.flat, "chest"),
    "nested": (networks.nested, "chest"),
    "fused": (networks.fused, "skin"),
}


@pytest.fixture(scope="module", params=KINDS)
def card(request, tmp_path_factory):
    build, modality = KINDS[request.param]
    model, rng = build(), np.random.default_rng(6)
    # As after training: no offset is zero, and no normalisation is as it began.
    model.set_weights([weight + rng.uniform(0.05, 0.2, weight.shape) for weight in model.get_weights()])
    mapping = networks.card_mapping(modality, familiarity=None)
    return networks.write_model(tmp_path_factory.mktemp("models"), model, mapping)


def rows(network):
    return np.zeros((2, networks.ROW), np.float32) if network.card.metadata else None


def weights_of(network):
    """Every weight of a network, layer by layer from the output back."""
    return [layer.get_weights() for layer in weighted(network._engine._opened().graph)]


def changed(one, other):
    """Which layers differ in any of their weights."""
    pairs = zip(one, other, strict=True)
    return [
        any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True)) for first, second in pairs
    ]


def test_the_cascade_forgets_one_stage_after_another_and_leaves_the_trained_network_alone(card):
    trained = open_network(card)
    before, kept = trained.forward(PIXELS, rows(trained))[0], weights_of(trained)
    untouched = randomised_network(card, 0)
    np.testing.assert_allclose(untouched.forward(PIXELS, rows(trained))[0], before, atol=1e-6)
    previous = 0
    for stage, network in cascade(card, stages=3):
        different = changed(kept, weights_of(network))
        number = sum(different)
        assert different == [True] * number + [False] * (len(kept) - number)
        assert number > previous and (stage > 1 or number == 1)
        scores = network.forward(PIXELS, rows(network))[0]
        assert np.isfinite(scores).all() and not np.allclose(scores, before, atol=1e-3)
        features = network.answer(PIXELS, rows(network))[0]
        # The features stand before the output layer, and are new only when layers before them are.
        same = np.allclose(features, trained.answer(PIXELS, rows(trained))[0], atol=1e-5)
        assert same if stage == 1 else stage < 3 or not same
        previous = number
    assert previous == len(kept)
    np.testing.assert_array_equal(open_network(card).forward(PIXELS, rows(trained))[0], before)
    assert changed(kept, weights_of(trained)) == [False] * len(kept)


def test_a_seed_fixes_what_is_drawn_and_later_stages_keep_it(card):
    first, again, other = (randomised_network(card, 1, seed=seed, stages=3) for seed in (1, 1, 2))
    assert not any(changed(weights_of(first), weights_of(again)))
    assert changed(weights_of(first), weights_of(other))[0]
    later = randomised_network(card, 3, seed=1, stages=3)
    assert not changed(weights_of(first), weights_of(later))[0]


def test_no_cache_can_take_it_for_the_trained_network(card):
    one, other = randomised_network(card, 1, stages=3), randomised_network(card, 2, stages=3)
    assert len({card.sha256, one.card.sha256, other.card.sha256}) == 3
    assert one.altered and not open_network(card).altered
    with pytest.raises(CardError):  # the file is that of the trained one
        open_network(one.card)


def test_its_memory_is_free_when_nobody_holds_it(card):
    network = randomised_network(card, 2, stages=3)
    network.forward(PIXELS, rows(network))
    layer = weakref.ref(weighted(network._engine._opened().graph)[0])
    assert layer() is not None
    del network
    gc.collect()
    assert layer() is None


def test_methods_work_on_it_as_on_any_network(card):
    network = randomised_network(card, 3, stages=3)
    prediction = predict(network, Prepared(PIXELS[0], (), (0.0, 0.0, 48.0, 48.0)), Metadata())
    maps = [grad_cam(network, prediction, target) for target in (0, 1)]
    assert all(np.isfinite(one.heat).all() for one in maps)
    assert network.score_pixels(PIXELS.astype(np.float32), rows(network)).shape == (2, card.units)


@pytest.mark.parametrize("stage", [-1, 7])
def test_a_stage_that_is_none_is_refused(card, stage):
    with pytest.raises(ValueError, match="stage in 0..6"):
        randomised_network(card, stage)
