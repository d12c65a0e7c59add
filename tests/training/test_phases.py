"""What trains in which phase."""

import numpy as np
import pytest

from util.training.configuration import configuration
from util.training.networks import build, trunk_blocks
from util.training.phases import optimiser, thaw


@pytest.fixture(scope="module")
def network():
    return build("cnn-bn", 32, 3)


def training(network) -> set[str]:
    return {layer.name for layer in network.layers if layer.trainable_weights}


def test_a_frozen_trunk_leaves_the_head_alone_to_train(network):
    thaw(network, "cnn-bn", 0.0, pretrained=True)
    assert training(network) == {"answer"}


def test_stages_thaw_from_the_output_back(network):
    before = set()
    blocks = trunk_blocks(network, "cnn-bn")
    for stage in range(1, len(blocks) + 1):
        thaw(network, "cnn-bn", stage / len(blocks), pretrained=False)
        now = training(network)
        assert before < now
        assert {layer.name for layer in blocks[-stage]} <= now
        before = now


def test_batch_norms_train_from_scratch_and_stand_still_in_a_pre_trained_trunk(network):
    import keras

    pixels = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype(np.float32)
    target = np.eye(3, dtype=np.float32)[np.arange(8) % 3]
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for pretrained in (True, False):
        thaw(network, "cnn-bn", 1.0, pretrained=pretrained)
        network.compile(optimizer=optimiser(configuration("chest"), 0.01), loss="mse", jit_compile=False)
        kernel = network.get_layer("conv_1_1").get_weights()[0]
        before = [layer.get_weights() for layer in norms]
        network.train_on_batch(pixels, target)
        assert not np.array_equal(kernel, network.get_layer("conv_1_1").get_weights()[0])
        for old, layer in zip(before, norms, strict=True):
            still = [np.array_equal(a, b) for a, b in zip(old, layer.get_weights(), strict=True)]
            assert all(still) if pretrained else not any(still)


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "rmsprop"])
def test_the_optimiser_is_the_one_that_was_named(name):
    made = optimiser(configuration("chest", optimizer=name, weight_decay=0.01), 0.5)
    assert type(made).__name__.lower() == name
    assert float(made.learning_rate) == 0.5
    assert made.weight_decay == (None if name == "adam" else 0.01)
