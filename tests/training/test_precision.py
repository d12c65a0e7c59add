"""A trunk that computes in bfloat16 while it trains, and a file that knows nothing of it."""

import json

import keras
import numpy as np
import pytest

from tests.training.drawn_sets import draw_set, quickly
from util.training import networks
from util.training.__main__ import main
from util.training.batches import read_out
from util.training.configuration import configuration
from util.training.dataset import parts, read_index
from util.training.loading import load_part
from util.training.precision import computed_in

FIT = "fit --modality chest --model cnn-bn --img-size 32 --epochs 2 --images-per-epoch 16 --batch-size 8".split()
FIT += "--lr 0.001 --ema 0.9 --weights none --precision bfloat16".split()
HEAD = {"pool", "dropout", "answer"}


class Killed(BaseException):
    """What ends a run from outside."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with quickly(tmp_path_factory.mktemp("prepared")):
        yield draw_set(tmp_path_factory.mktemp("data"), "chest", (-1, 0, 1))


def run(tiny, output) -> dict[str, str]:
    """Train, or go on; what each layer of the network that is trained computes in."""
    from util.training.loop import Loop

    computed, whole = {}, Loop._step

    def step(loop, *arguments):
        computed.update((layer.name, layer.compute_dtype) for layer in loop.model.layers)
        assert {str(weight.dtype) for weight in loop.model.trainable_weights} == {"float32"}
        whole(loop, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "_step", step)
        assert main([*FIT, "--data-root", str(tiny), "--output-dir", str(output)]) == 0
    return computed


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    output = tmp_path_factory.mktemp("run")
    return output, run(tiny, output)


def test_the_trunk_is_trained_in_bfloat16_and_the_head_in_float32(finished):
    output, computed = finished
    assert {computed[name] for name in HEAD} == {"float32"}
    trunk = {dtype for name, dtype in computed.items() if name not in {*HEAD, "image"}}
    assert trunk == {"bfloat16"}
    assert "precision: bfloat16" in (output / "config.yaml").read_text()


def test_the_saved_file_is_float32_and_no_policy_stays_behind(finished):
    output, _ = finished
    assert keras.config.dtype_policy().name == "float32"
    shipped = keras.models.load_model(output / "model.h5", compile=False)
    assert {layer.compute_dtype for layer in shipped.layers} == {"float32"}
    assert "bfloat16" not in json.dumps(shipped.get_config())


def test_what_is_said_of_the_validation_part_is_said_by_the_file_that_ships(tiny, finished):
    output, _ = finished
    held = parts(read_index(tiny, "chest"))["validation"]
    loaded = load_part(held, configuration("chest", output / "config.yaml").chain, 32, None)
    shipped = keras.models.load_model(output / "model.h5", compile=False)
    chances = read_out(shipped, loaded.images, None, 32)
    with np.load(output / "validation.npz") as stored:
        # The file's arrays are half precision: bfloat16 answers would be ten times as far away.
        np.testing.assert_allclose(1 / (1 + np.exp(-stored["scores"])), chances, atol=1e-3)


def test_a_run_in_bfloat16_goes_on_after_a_kill(tiny, finished, tmp_path):
    from util.training.loop import Loop

    whole = Loop._save

    def fatal(loop):
        whole(loop)
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Loop, "_save", fatal)
        run(tiny, tmp_path)
    assert keras.config.dtype_policy().name == "float32"
    assert run(tiny, tmp_path)["conv_1_1"] == "bfloat16"
    with np.load(tmp_path / "checkpoint.npz") as one, np.load(finished[0] / "checkpoint.npz") as other:
        assert max(float(np.abs(one[key] - other[key]).max()) for key in one.files if key[0] == "w") < 1e-4


def test_a_vision_transformer_answers_in_float32_close_to_itself():
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    plain = networks.build("vit-tiny", 32, 3, metadata_width=4)
    with computed_in("bfloat16"):
        coarse = networks.build("vit-tiny", 32, 3, metadata_width=4)
    coarse.set_weights(plain.get_weights())
    row = np.ones((2, 4), np.float32)
    expected, found = np.asarray(plain([pixels, row])), np.asarray(coarse([pixels, row]))
    assert found.dtype == np.float32 and not np.array_equal(expected, found)
    np.testing.assert_allclose(found, expected, atol=0.05 * max(1.0, np.abs(expected).max()))


def test_the_layers_of_a_published_network_follow_too():
    with computed_in("bfloat16"):
        layers = networks.build("mobilenetv2", 32, 1).layers
    assert {layer.compute_dtype for layer in layers if layer.name not in {*HEAD, "image"}} == {"bfloat16"}
    assert {layer.compute_dtype for layer in layers if layer.name in HEAD} == {"float32"}


def test_the_policy_comes_back_even_where_something_breaks():
    with pytest.raises(ValueError, match="broken"), computed_in("bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise ValueError("broken")
    assert keras.layers.Dense(1).compute_dtype == "float32"
