"""Grad-CAM against tf-keras-vis, against a plain tape, against itself in other shapes, and where there is nothing."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests import networks
from util.explanation import grad_cam
from util.explanation.grad_cam import cam, enlarged
from util.modelstore import open_network
from util.prediction import Metadata, predict
from util.preparation import Prepared

RANDOM = np.random.default_rng(7)


def picture(seed=0):
    """A smooth picture with something in it, uint8 (48, 48, 3)."""
    y, x = np.mgrid[: networks.SIDE, : networks.SIDE] / networks.SIDE
    rng = np.random.default_rng(seed)
    waves = sum(
        np.sin(2 * np.pi * (rng.normal() * 3 * x + rng.normal() * 3 * y) + rng.normal()) for _ in range(4)
    )
    colours = rng.uniform(20, 60, 3)
    return np.clip(128 + waves[..., None] * colours, 0, 255).astype(np.uint8)


def prepared(seed=0):
    return Prepared(picture(seed), (), (0.0, 0.0, 48.0, 48.0))


def network_of(folder, build, modality="chest", **changes):
    mapping = networks.card_mapping(modality, familiarity=None, **changes)
    return open_network(networks.write_model(folder, build(), mapping))


def keras_of(network):
    import keras

    return keras.models.load_model(network.card.folder / network.card.file, compile=False)


def by_tape(network, seed, target, metadata=Metadata()):  # noqa: B008
    """Grad-CAM written plainly on a flat Keras model: one tape over the whole of it."""
    import keras
    import tensorflow as tf

    model = keras_of(network)
    model.get_layer("out").activation = keras.activations.linear
    both = keras.Model(model.inputs, [model.get_layer("last").output, model.output])
    inputs = {"image": tf.constant(picture(seed)[None].astype(np.float32))}
    if network.card.metadata:
        from util.prediction import encode

        inputs["metadata"] = tf.constant(encode(metadata, network.card.metadata)[None])
    with tf.GradientTape() as tape:
        features, scores = both(inputs if len(inputs) > 1 else inputs["image"], training=False)
        score = scores[0, target] if network.card.units > 1 else scores[0, 0] * (1 if target else -1)
    gradient = tape.gradient(score, features)
    sums = tf.reduce_sum(tf.reduce_mean(gradient, (1, 2), keepdims=True) * features, -1)[0]
    return np.maximum(sums.numpy(), 0)


def similar(one, other):
    """Pearson correlation of two maps."""
    return np.corrcoef(np.ravel(one), np.ravel(other))[0, 1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("build", "modality"), [(networks.flat, "chest"), (networks.sigmoid, "breast")])
def test_a_flat_model_has_the_map_of_tf_keras_vis(tmp_path, build, modality):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    network = network_of(tmp_path, build, modality)
    peer = Gradcam(keras_of(network), model_modifier=ReplaceToLinear(), clone=True)
    compared = 0
    for seed in range(4):
        prediction = predict(network, prepared(seed))
        for target in (0, 1):
            found = grad_cam(network, prediction, target)
            score = BinaryScore(bool(target)) if network.card.units == 1 else CategoricalScore(target)
            image = picture(seed)[None].astype(np.float32)
            layer = {"penultimate_layer": "last", "seek_penultimate_conv_layer": False}
            theirs = np.asarray(peer(score, image, **layer, expand_cam=False)[0])
            if found.empty or not theirs.any():
                assert found.empty and theirs.max() <= 1e-6
                continue
            # At the network's own resolution: they enlarge from corner to corner, we from centre to centre.
            assert similar(grid_of(network, prediction, target), theirs) >= 0.99
            compared += 1
    assert compared >= 3


def grid_of(network, prediction, target):
    """Our map at the network's own resolution."""
    _, gradient = network.scores_and_gradient(prediction.features, prediction.encoded, target)
    return cam(prediction.features[0], gradient[0].mean(axis=(0, 1)))


@pytest.mark.parametrize(
    ("build", "modality", "metadata"),
    [
        (networks.flat, "chest", Metadata()),
        (networks.sigmoid, "breast", Metadata()),
        (networks.fused, "skin", Metadata(70, "male", "torso")),
        (networks.fused, "skin", Metadata()),
    ],
    ids=["flat", "sigmoid", "fused", "fused without metadata"],
)
def test_the_map_is_that_of_a_plain_tape_for_every_class(tmp_path, build, modality, metadata):
    network = network_of(tmp_path, build, modality)
    prediction = predict(network, prepared(1), metadata)
    drawn = 0
    for target in range(len(network.card.labels)):
        expected = by_tape(network, 1, target, metadata)
        found = grid_of(network, prediction, target)
        if expected.max() > 1e-6:
            np.testing.assert_allclose(found, expected / expected.max(), atol=1e-4)
            drawn += 1
        else:
            assert not found.any()
    assert drawn >= 1


def test_a_nested_model_has_the_map_of_the_same_model_laid_flat(tmp_path):
    flat = network_of(tmp_path / "flat", networks.flat)
    nested = network_of(tmp_path / "nested", networks.nested)
    for target in (0, 1):
        one, other = (grad_cam(n, predict(n, prepared(2)), target) for n in (flat, nested))
        assert one.empty == other.empty
        np.testing.assert_allclose(one.heat, other.heat, atol=1e-5)


def test_class_zero_of_one_unit_is_explained_by_minus_the_logit(tmp_path):
    network = network_of(tmp_path, networks.sigmoid, "breast")
    prediction = predict(network, prepared(3))
    _, gradient = network.scores_and_gradient(prediction.features, None, 1)
    sums = prediction.features[0] @ gradient[0].mean(axis=(0, 1))
    for target, sign in ((1, 1), (0, -1)):
        expected = np.maximum(sign * sums, 0)
        heat = grad_cam(network, prediction, target).heat
        assert heat.any() == expected.any()
        if expected.any():
            np.testing.assert_allclose(heat, enlarged(expected / expected.max(), 48, 48), atol=1e-5)


def test_a_map_has_the_size_of_the_input_and_lies_in_zero_to_one(tmp_path):
    network = network_of(tmp_path, networks.fused, "skin")
    for target in range(8):
        found = grad_cam(network, predict(network, prepared(4)), target)
        assert found.heat.shape == (48, 48) and found.heat.dtype == np.float32 and found.grid == (12, 12)
        assert found.heat.min() >= 0 and found.heat.max() == (0 if found.empty else 1)
        assert found.method == "grad_cam" and found.target == target and found.seed is None


@pytest.mark.parametrize("target", [-1, 8])
def test_a_class_that_is_not_there_is_an_index_error(tmp_path, target):
    network = network_of(tmp_path, networks.fused, "skin")
    with pytest.raises(IndexError):
        grad_cam(network, predict(network, prepared()), target)


def test_six_threads_draw_the_same_maps_as_one(tmp_path):
    network = network_of(tmp_path, networks.fused, "skin", title={"en": "threads", "fr": "fils"})
    alone = [grad_cam(network, predict(network, prepared(seed)), seed % 8).heat for seed in range(12)]
    together: dict[int, np.ndarray] = {}
    start = threading.Barrier(6)

    def work(first):
        start.wait()
        for seed in (first, first + 6):
            together[seed] = grad_cam(network, predict(network, prepared(seed)), seed % 8).heat

    threads = [threading.Thread(target=work, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(12):
        np.testing.assert_array_equal(together[seed], alone[seed])


def test_the_sum_of_weighted_channels_by_hand():
    features = np.array([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 1.0], [0.0, 0.0]]])
    found = cam(features, np.array([1.0, -1.0]))  # sums [[1, -1], [1, 0]]
    np.testing.assert_allclose(found, [[1, 0], [1, 0]])


@pytest.mark.parametrize(
    ("features", "weights"),
    [
        (np.ones((3, 3, 2)), [1.0, 1.0]),  # the same everywhere says nothing of where
        (RANDOM.random((3, 3, 2)), [-1.0, -2.0]),  # all evidence is against
        (RANDOM.random((3, 3, 2)), [0.0, 0.0]),
        (np.zeros((3, 3, 2)), [1.0, 1.0]),
        (np.ones((1, 1, 2)), [1.0, 1.0]),
        (np.full((3, 3, 2), np.nan), [1.0, 1.0]),
        (1e6 + 1e-3 * RANDOM.random((3, 3, 2)), [1.0, 1.0]),  # rounding only
    ],
    ids=["even", "against", "no weights", "no features", "one cell", "not a number", "rounding"],
)
def test_a_map_without_evidence_is_all_zeros_and_never_a_colour(features, weights):
    found = cam(features, np.array(weights))
    assert found.shape == features.shape[:2] and not found.any()


def test_a_class_without_evidence_gives_an_empty_map(tmp_path):
    network = network_of(tmp_path, networks.sigmoid, "breast")
    black = Prepared(np.zeros((48, 48, 3), np.uint8), (), (0.0, 0.0, 48.0, 48.0))
    found = [grad_cam(network, predict(network, black), target) for target in (0, 1)]
    for explanation in found:
        assert explanation.empty == (not explanation.heat.any())
        assert np.isfinite(explanation.heat).all()


def test_enlarging_keeps_the_place_and_the_height_of_the_peak():
    grid = np.zeros((5, 5), np.float32)
    grid[1, 3] = 0.8
    heat = enlarged(grid, 160, 100)
    assert heat.shape == (160, 100) and heat.max() == pytest.approx(0.8)
    rows, columns = np.nonzero(heat > 0.79)
    assert (rows // 32 == 1).all() and (columns // 20 == 3).all()


def test_enlarging_nothing_gives_nothing():
    assert not enlarged(np.zeros((4, 4)), 32, 32).any()
