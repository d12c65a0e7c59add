"""What trains in which phase."""

import keras
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


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_batch_norms_train_from_scratch_and_stand_still_in_a_pre_trained_trunk(network, share):
    import keras

    norms = {layer.name for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)}
    thaw(network, "cnn-bn", share, pretrained=True)
    # Not trainable is inference mode in Keras 3 (see test_networks.py): nothing in them moves.
    assert not norms & training(network)
    thaw(network, "cnn-bn", share, pretrained=False)
    moving = norms & training(network)
    assert moving == norms if share == 1 else moving < norms and moving


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "rmsprop"])
def test_the_optimiser_is_the_one_that_was_named(name):
    made = optimiser(configuration("chest", optimizer=name, weight_decay=0.01), 0.5)
    assert type(made).__name__.lower() == name
    assert float(made.learning_rate) == 0.5
    assert made.weight_decay == (None if name == "adam" else 0.01)


@pytest.mark.parametrize(("clip_norm", "step"), [(0.0, [-3.0, -4.0]), (1.0, [-0.6, -0.8])])
def test_a_gradient_is_bounded_over_all_its_arrays_together(clip_norm, step):
    made = optimiser(configuration("chest", optimizer="sgd", clip_norm=clip_norm, weight_decay=0.0), 1.0)
    made.momentum = 0.0
    weights = [keras.Variable([0.0]), keras.Variable([0.0])]
    made.build(weights)
    made.apply([keras.ops.array([3.0]), keras.ops.array([4.0])], weights)
    np.testing.assert_allclose([float(weight.numpy()[0]) for weight in weights], step, rtol=1e-6)
