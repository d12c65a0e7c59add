"""A network that looks at an image from several sides, held against plain turns of one that looks once."""

from dataclasses import replace

import numpy as np
import pytest

from tests import networks as nets
from util.explanation import Asker, Question, find_method, grad_cam
from util.modelstore import CardError, as_mapping, conversion, fast_cache, from_mapping, open_network
from util.modelstore.lite import Lite
from util.modelstore.views import VIEWS
from util.prediction import interpret

KINDS = {
    "flat": (nets.flat, "chest", "last"),
    "early layer": (nets.sigmoid, "breast", "relu_2"),  # what follows is not linear
    "fused": (nets.fused, "skin", "last"),
}
RNG = np.random.default_rng(5)
PIXELS = RNG.integers(0, 256, (2, nets.SIDE, nets.SIDE, 3), np.uint8)


def turned(images: np.ndarray, turns: int, flipped: bool) -> np.ndarray:
    images = np.rot90(images, turns, (1, 2))
    return images[:, :, ::-1] if flipped else images


def back(maps: np.ndarray, turns: int, flipped: bool) -> np.ndarray:
    return np.rot90(maps[:, :, ::-1] if flipped else maps, -turns, (1, 2))


@pytest.fixture(params=KINDS)
def once(request, tmp_path):
    """A network that looks once, and rows of metadata for it."""
    build, modality, layer = KINDS[request.param]
    mapping = nets.card_mapping(
        modality, units=2 if modality == "chest" else None, layer=layer, familiarity=None
    )
    card = nets.write_model(tmp_path, build(), mapping)
    rows = RNG.random((2, nets.ROW)).astype(np.float32) if card.metadata else None
    return open_network(card), rows


@pytest.fixture(params=VIEWS)
def several(request, once):
    """The same file as a network that looks from several sides, and its views."""
    return open_network(replace(once[0].card, views=request.param)), VIEWS[request.param]


def test_scores_are_the_mean_over_the_turned_images(once, several):
    network, views = several
    each = [once[0].forward(turned(PIXELS, *view), once[1]) for view in views]
    _, scores, pooled = network.answer(PIXELS, once[1])
    np.testing.assert_allclose(scores, np.mean([one[0] for one in each], axis=0), atol=1e-5)
    np.testing.assert_allclose(pooled, np.mean([one[1] for one in each], axis=0), atol=1e-5)
    np.testing.assert_allclose(network.score_pixels(PIXELS, once[1]), scores, atol=1e-5)


def test_features_of_all_views_lie_as_the_image_lies(once, several):
    network, views = several
    features, scores, _ = network.answer(PIXELS, once[1])
    laid = [back(once[0].answer(turned(PIXELS, *view), once[1])[0], *view) for view in views]
    np.testing.assert_allclose(features, np.concatenate(laid, axis=-1), atol=1e-5)
    np.testing.assert_allclose(network.scores(features, once[1]), scores, atol=1e-5)


def test_gradients_are_those_of_the_mean(once, several):
    network, views = several
    features, _, _ = network.answer(PIXELS, once[1])
    _, slope = network.scores_and_gradient(features, once[1], 1)
    each = []
    for view in views:
        mine = once[0].answer(turned(PIXELS, *view), once[1])[0]
        each.append(back(once[0].scores_and_gradient(mine, once[1], 1)[1], *view) / len(views))
    np.testing.assert_allclose(slope, np.concatenate(each, axis=-1), atol=1e-5)
    _, of_layer, slope_of_layer = network.layer_gradient(PIXELS, once[1], 1, network.card.gradcam_layer)
    np.testing.assert_allclose(of_layer, features, atol=1e-5)
    np.testing.assert_allclose(slope_of_layer, slope, atol=1e-5)


def test_a_turned_image_gets_the_same_answer_and_the_turned_map(once):
    network = open_network(replace(once[0].card, views="square"))
    found = []
    for view in ((0, False), (1, False), (2, True)):
        pixels = turned(PIXELS, *view)[:1]
        row = None if once[1] is None else once[1][:1]
        features, scores, pooled = network.answer(pixels, row)
        prediction = interpret(network.card, features, row, scores[0], pooled[0])
        question = Question(network, pixels[0], prediction, 1)
        maps = [grad_cam(network, prediction, 1).heat]
        for name in ("integrated_gradients", "occlusion"):
            method = find_method(name)
            maps.append(method.explain(question, method.options["fast"], Asker(network, 1)).heat)
        found.append((scores, [back(one[None, ..., None], *view)[0, ..., 0] for one in maps]))
    for scores, maps in found[1:]:
        np.testing.assert_allclose(scores, found[0][0], atol=1e-4)
        for one, first in zip(maps, found[0][1], strict=True):
            np.testing.assert_allclose(one, first, atol=2e-3)


def test_the_fast_runtime_looks_from_the_same_sides(once):
    for name in VIEWS:
        network = open_network(replace(once[0].card, views=name))
        runtime = Lite(conversion.converted(network.card), network.card)
        pixels = PIXELS.astype(np.float32)
        np.testing.assert_allclose(runtime(pixels, once[1]), network.score_pixels(pixels, once[1]), atol=1e-4)


def test_views_are_part_of_what_a_network_is_known_by(once):
    cards = [replace(once[0].card, views=name) for name in (None, *VIEWS)]
    assert len({fast_cache.key_of(card) for card in cards}) == len(cards)
    assert from_mapping(as_mapping(cards[1]), cards[1].folder).views == "mirror"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"views": "sideways"}, "views"),
        ({"views": "square", "input": {"height": 48, "width": 64}}, "input"),
    ],
)
def test_views_that_cannot_be_are_refused(tmp_path, changes, field):
    mapping = nets.card_mapping("breast", **changes) | {"sha256": "0" * 64, "familiarity": None}
    with pytest.raises(CardError) as refused:
        from_mapping({k: v for k, v in mapping.items() if v is not None}, tmp_path)
    assert field in str(refused.value)
