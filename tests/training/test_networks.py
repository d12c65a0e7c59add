"""Networks by name: what they give, and what the app makes of their files."""

import re

import numpy as np
import pytest

from tests import networks as shapes
from tests.training.drawn_waves import pictures
from util.explanation import grad_cam
from util.modelstore import open_network
from util.prediction import predict
from util.preparation import Prepared
from util.training import networks
from util.training.data_root import DataError

SIDE = 64  # below it the deepest maps are one cell
# Fused with metadata and eight classes, or the image alone and one unit: the heads are the same code for all.
FUSED = {"mobilenetv2", "resnet18-stage3", "resnet50", "efficientnetb0", "vit-tiny", "cnn-bn"}
# Parameters of the trunks as Keras and the papers' code publish them, moving statistics included; None: our own.
PUBLISHED = {
    "mobilenetv2": 2_257_984,
    "efficientnet-lite0": 4_652_008 - 1_281_000,
    "resnet50v2-stage3": None,
    "resnet18-stage3": 11_176_512 - 8_393_728,
    "densenet121": 7_037_504,
    "resnet50": 23_587_712,
    "resnet18": 11_176_512 + 9_600,
    "vgg16": 14_714_688,
    "efficientnetb0": 4_049_571 - 7,  # less the idle Normalization
    "vit-tiny": None,
    "cnn": None,
    "cnn-bn": None,
}


def settle(network, inputs):
    """Give batch norms the statistics of `inputs`: with those of a fresh network the signal dies on its way."""
    import keras

    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    kept = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    network(inputs, training=True)
    for layer, momentum in zip(norms, kept, strict=True):
        layer.momentum = momentum


@pytest.fixture(scope="module", params=networks.NAMES)
def opened(request, tmp_path_factory):
    """One network of each name: Keras's own model, its answer to `pictures`, and its file opened by the app."""
    import keras
    from keras import ops

    from util.modelstore import save_card

    name = request.param
    fused = name in FUSED
    modality = "skin" if fused else "chest"
    units = 8 if fused else 1
    network = networks.build(
        name,
        SIDE,
        units,
        metadata_width=shapes.ROW if fused else 0,
        activation="softmax" if fused else "sigmoid",
    )
    image = pictures().astype(np.float32)
    inputs = [image, np.zeros((len(image), shapes.ROW), np.float32)] if fused else image
    settle(network, inputs)
    # Rounded as the file rounds them: random networks would make much of the rest.
    network.set_weights([w.astype(np.float16).astype(np.float32) for w in network.get_weights()])
    folder = tmp_path_factory.mktemp("models") / f"{modality}-test"
    folder.mkdir()
    networks.save_shipped(network, folder / "model.h5")
    chain = [{"step": "grey"}, {"step": "squash", "side": SIDE}]
    if fused:
        chain = [{"step": "colour"}, {"step": "centre_square"}, {"step": "resize", "side": SIDE}]
    mapping = shapes.card_mapping(
        modality,
        units=units,
        layer=networks.FEATURE_LAYER[name],
        familiarity=None,
        familiarity_layer=networks.FAMILIARITY_LAYER[name],
        input={"height": SIDE, "width": SIDE, "minimum_side": 32},
        preparation=chain,
    )
    answer = ops.convert_to_numpy(network(inputs, training=False))
    yield name, network, answer, open_network(save_card(mapping, folder))
    keras.backend.clear_session()


def activated(scores):
    if scores.shape[1] == 1:
        return 1 / (1 + np.exp(-scores))
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_every_network_is_flat_and_the_app_reads_its_file_as_keras_does(opened):
    name, network, answer, shipped = opened
    assert answer.shape == (3, 8 if name in FUSED else 1)
    assert all(type(layer).__module__.startswith("keras.src.layers") for layer in network.layers)
    assert not any("Lambda" in type(layer).__name__ for layer in network.layers)
    rows = np.zeros((3, shapes.ROW), np.float32) if name in FUSED else None
    features, scores, pooled = shipped.answer(pictures(), rows)
    # The pictures do not all look alike to it, so that the same answer means something.
    assert np.ptp(answer, axis=0).max() > 1e-3
    np.testing.assert_allclose(activated(scores), answer, atol=1e-3)
    assert features.ndim == 4 and min(features.shape[1:3]) >= 2
    assert pooled.shape == (3, network.get_layer(networks.FAMILIARITY_LAYER[name]).output.shape[-1])


def test_every_network_has_a_map_that_points_somewhere(opened):
    name, _, _, shipped = opened
    prediction = predict(shipped, Prepared(pictures()[0], (), (0.0, 0.0, float(SIDE), float(SIDE))))
    maps = [grad_cam(shipped, prediction, target) for target in range(len(shipped.card.labels))]
    assert all(np.isfinite(found.heat).all() and found.heat.shape == (SIDE, SIDE) for found in maps)
    assert any(not found.empty and np.ptp(found.heat) > 0.05 for found in maps), name


def test_the_stages_of_a_trunk_hold_each_of_its_layers_once_and_as_many_parameters_as_published(opened):
    import keras

    name, network, _, _ = opened
    blocks = networks.trunk_blocks(network, name)
    assert all(blocks) and len(blocks) >= 5
    found = [layer.name for block in blocks for layer in block]
    # The head is what follows the pooling; in front of it only Keras' idle Normalization has weights.
    pool = network.layers.index(network.get_layer("pool"))
    trunk = [layer for layer in network.layers[:pool] if not layer.name.startswith("metadata")]
    expected = [layer for layer in trunk if layer.weights and type(layer) is not keras.layers.Normalization]
    assert sorted(found) == sorted(layer.name for layer in expected)
    starts = [network.layers.index(block[0]) for block in blocks]
    assert starts == sorted(starts)
    parameters = sum(layer.count_params() for layer in expected)
    if name in ("efficientnet-lite0", "resnet18-stage3"):
        # Published with gamma and beta for each channel, where the folded file has one bias.
        parameters += sum(layer.bias.shape[0] for layer in expected)
    assert parameters == (PUBLISHED[name] or parameters)


@pytest.mark.parametrize("name", ["cnn", "cnn-bn"])
def test_the_small_networks_have_less_than_two_megabytes(tmp_path, name):
    network = networks.build(name, 128, 8, metadata_width=shapes.ROW, activation="softmax")
    networks.save_shipped(network, tmp_path / "model.h5")
    assert (tmp_path / "model.h5").stat().st_size < 2e6


@pytest.mark.parametrize("name", ["efficientnet-lite0", "resnet18-stage3", "vit-tiny", "cnn"])
@pytest.mark.parametrize("side", [32, 97])
def test_a_side_that_is_no_multiple_of_anything_will_do(name, side):
    network = networks.build(name, side, 2)
    answer = np.asarray(network(pictures(1, side).astype(np.float32)))
    assert answer.shape == (1, 2) and np.isfinite(answer).all()


def test_an_unknown_name_is_refused_in_one_sentence():
    for call in (lambda: networks.build("resnet99", 64, 1), lambda: networks.idea("resnet99")):
        with pytest.raises(DataError, match="densenet121.*resnet99"):
            call()


def test_every_network_has_its_idea_with_a_paper_in_both_languages():
    said = {
        language: [networks.idea(name).text(language) for name in networks.NAMES] for language in ("en", "fr")
    }
    for texts in said.values():
        assert len(set(texts)) == len(networks.NAMES)
        assert all(re.search(r"\b(19|20)\d\d\b", text) and text.endswith(".") for text in texts)
    assert not set(said["en"]) & set(said["fr"])
