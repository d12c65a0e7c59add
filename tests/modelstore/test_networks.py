"""Any nesting, any head, any order of inputs: the two halves together give what Keras gives."""

from __future__ import annotations

import shutil
import threading

import numpy as np
import pytest

from tests import networks
from util.modelstore import CardError, ModelError, load_card, open_network

PIXELS = np.random.default_rng(0).integers(0, 256, (3, networks.SIDE, networks.SIDE, 3), dtype=np.uint8)
ROWS = np.random.default_rng(1).random((3, networks.ROW)).astype(np.float32)


def metadata_first():
    return networks.fused(metadata_first=True)


KINDS = {
    "flat": (networks.flat, "chest", {}),
    "sigmoid": (networks.sigmoid, "breast", {}),
    "activation apart": (networks.apart, "chest", {}),
    "nested": (networks.nested, "chest", {}),
    "nested, by its path": (networks.nested, "chest", {"layer": "backbone/last"}),
    "nested, by the backbone": (networks.nested, "chest", {"layer": "backbone"}),
    "nested top": (networks.nested_sequential, "chest", {}),
    "sequential": (networks.sequential, "chest", {}),
    "fused": (networks.fused, "skin", {}),
    "fused, metadata first": (metadata_first, "skin", {}),
    "fused nested": (networks.fused_nested, "skin", {}),
}


@pytest.fixture(scope="module", params=KINDS)
def pair(request, tmp_path_factory):
    """A network of each kind, and the file's own Keras model."""
    import keras

    build, modality, options = KINDS[request.param]
    folder = tmp_path_factory.mktemp("models")
    card = networks.write_model(
        folder, build(), networks.card_mapping(modality, **options), networks.card_arrays()
    )
    return open_network(card), keras.models.load_model(card.folder / "model.h5", compile=False)


def encoded(network):
    return ROWS if network.card.metadata else None


def keras_answer(network, model, pixels=PIXELS, rows=ROWS):
    image = pixels.astype(np.float32)
    inputs = {"image": image, "metadata": rows} if network.card.metadata else image
    return np.asarray(model(inputs, training=False))


def activated(scores):
    if scores.shape[1] == 1:
        return 1 / (1 + np.exp(-scores))
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_trunk_and_head_give_what_keras_gives(pair):
    network, model = pair
    scores = network.scores(network.features(PIXELS), encoded(network))
    assert scores.shape == (3, network.card.units)
    np.testing.assert_allclose(activated(scores), keras_answer(network, model), atol=1e-6)


def test_a_batch_in_one_call_gives_the_same_scores_and_the_pooled_features(pair):
    network, _ = pair
    features = network.features(PIXELS)
    scores, pooled = network.forward(PIXELS, encoded(network))
    np.testing.assert_allclose(scores, network.scores(features, encoded(network)), atol=1e-5)
    np.testing.assert_allclose(pooled, features.mean(axis=(1, 2)), atol=1e-6)


def test_familiarity_is_measured_at_the_layer_that_the_card_names(tmp_path):
    import keras

    mapping = networks.card_mapping("skin", familiarity=None, familiarity_layer="relu_2")
    network = open_network(networks.write_model(tmp_path, networks.fused(), mapping))
    model = keras.models.load_model(network.card.folder / "model.h5", compile=False)
    middle = keras.Model(model.inputs, model.get_layer("relu_2").output)
    expected = np.asarray(middle({"image": PIXELS.astype(np.float32), "metadata": ROWS})).mean(axis=(1, 2))
    features, scores, pooled = network.answer(PIXELS, ROWS)
    np.testing.assert_allclose(pooled, expected, atol=1e-5)
    np.testing.assert_allclose(scores, network.scores(features, ROWS), atol=1e-6)


def test_the_gradient_is_that_of_the_score(pair):
    network, _ = pair
    features = network.features(PIXELS[:1])
    row = None if encoded(network) is None else ROWS[:1]
    target = len(network.card.labels) - 1
    scores, gradient = network.scores_and_gradient(features, row, target)
    np.testing.assert_allclose(scores, network.scores(features, row), atol=1e-6)
    direction = np.random.default_rng(2).normal(size=features.shape).astype(np.float32)
    step = 1e-2 / np.abs(direction).max()
    after, before = (network.scores(features + side * step * direction, row) for side in (1, -1))
    expected = (after - before)[0, target if network.card.units > 1 else 0] / (2 * step)
    assert np.sum(gradient * direction) == pytest.approx(expected, rel=0.02, abs=1e-3)


def test_the_same_pixels_give_the_same_numbers(pair):
    network, _ = pair
    np.testing.assert_array_equal(network.features(PIXELS), network.features(PIXELS))


def test_class_zero_of_one_unit_has_the_opposite_gradient(tmp_path):
    card = networks.write_model(
        tmp_path, networks.sigmoid(), networks.card_mapping("breast"), networks.card_arrays()
    )
    network = open_network(card)
    features = network.features(PIXELS)
    (_, negative), (_, positive) = (network.scores_and_gradient(features, None, k) for k in (0, 1))
    assert np.abs(positive).max() > 0
    np.testing.assert_array_equal(negative, -positive)


def test_scaling_outside_the_network_is_that_of_the_card(tmp_path):
    import keras

    image = keras.Input((networks.SIDE, networks.SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 1, name="last")(image))
    model = keras.Model(image, keras.layers.Softmax()(pooled))
    mapping = networks.card_mapping("chest", familiarity=None)
    mapping["input"] = {**mapping["input"], "scale": 1 / 127.5, "offset": -1.0}
    network = open_network(networks.write_model(tmp_path, model, mapping))
    scores = network.scores(network.features(PIXELS))
    expected = np.asarray(model(PIXELS.astype(np.float32) / 127.5 - 1))
    np.testing.assert_allclose(activated(scores), expected, atol=1e-5)


def test_arrays_stored_as_float16_are_computed_as_float32(tmp_path):
    import h5py

    mapping = networks.card_mapping("chest", familiarity=None)
    card = networks.write_model(tmp_path, networks.flat(), mapping)
    with h5py.File(card.folder / "model.h5", "r+") as file:
        group = file["model_weights"]
        names = []
        group.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in names:
            values = group[name][()].astype(np.float16)
            del group[name]
            group[name] = values
    from util.modelstore import save_card

    network = open_network(save_card(mapping, card.folder))
    features = network.features(PIXELS)
    assert features.dtype == np.float32
    assert (features != features.astype(np.float16)).any()
    exact = open_network(networks.write_model(tmp_path / "exact", networks.flat(), mapping))
    np.testing.assert_allclose(features, exact.features(PIXELS), atol=0.01)


def test_nothing_is_loaded_before_the_first_use(tmp_path):
    card = networks.write_model(
        tmp_path, networks.flat(), networks.card_mapping("chest", layer="relu_2"), networks.card_arrays()
    )
    shutil.copy(card.folder / "model.h5", tmp_path / "kept.h5")
    network = open_network(card)
    (card.folder / "model.h5").unlink()
    with pytest.raises(ModelError):
        network.features(PIXELS)
    shutil.copy(tmp_path / "kept.h5", card.folder / "model.h5")
    assert network.features(PIXELS).shape == (3, 12, 12, 8)


def test_a_file_that_is_not_the_cards_is_refused(tmp_path):
    mapping = networks.card_mapping("chest", familiarity=None)
    card = networks.write_model(tmp_path, networks.flat(3), {**mapping, "labels": ["a", "b", "c"]}
        | {"units": 3, "danger": ["a"], "danger_order": ["a"], "calibration": None, "conformal": None})  # fmt: skip
    with (card.folder / "model.h5").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CardError, match="model.h5"):
        open_network(load_card(card.folder))


def test_six_threads_load_once_and_agree_with_one(tmp_path):
    card = networks.write_model(
        tmp_path,
        networks.fused(),
        networks.card_mapping("skin", title={"en": "six", "fr": "six"}),
        networks.card_arrays(),
    )
    network, found = open_network(card), {}
    start = threading.Barrier(6)

    def work(index):
        start.wait()
        features = network.features(PIXELS[index % 3][None])
        found[index] = network.scores_and_gradient(features, ROWS[index % 3][None], index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(6):
        features = network.features(PIXELS[index % 3][None])
        alone = network.scores_and_gradient(features, ROWS[index % 3][None], index)
        for one, other in zip(alone, found[index], strict=True):
            np.testing.assert_array_equal(one, other)


def refused(tmp_path, model, **changes):
    """The sentence with which the model is refused on first use."""
    modality = changes.pop("modality", "chest")
    mapping = networks.card_mapping(modality, familiarity=None, **changes)
    network = open_network(networks.write_model(tmp_path, model, mapping))
    with pytest.raises(ModelError) as caught:
        network.features(PIXELS)
    assert caught.value.sentence.text("fr")
    return str(caught.value)


def test_a_lambda_layer_is_refused_before_keras_reads_it(tmp_path, monkeypatch):
    import keras

    image = keras.Input((networks.SIDE, networks.SIDE, 3))
    x = keras.layers.Lambda(lambda x: x / 255)(keras.layers.Conv2D(2, 3, name="last")(image))
    model = keras.Model(image, keras.layers.Softmax()(keras.layers.GlobalAveragePooling2D()(x)))
    monkeypatch.setattr(keras.models, "load_model", lambda *a, **k: pytest.fail("it was loaded"))
    assert "Lambda" in refused(tmp_path, model)


def test_a_lambda_layer_inside_a_nested_model_is_refused(tmp_path):
    import keras

    inner = keras.Sequential(
        [keras.Input((8, 8, 2)), keras.layers.Lambda(lambda x: x), keras.layers.GlobalAveragePooling2D()]
    )
    image = keras.Input((networks.SIDE, networks.SIDE, 3))
    x = inner(keras.layers.Conv2D(2, 8, 6, "same", name="last")(image))
    assert "Lambda" in refused(tmp_path, keras.Model(image, keras.layers.Softmax()(x)))


def test_layers_of_foreign_modules_are_refused():
    from util.modelstore.h5 import refuse_code

    refuse_code({"class_name": "Dense", "module": "keras.layers", "config": {}}, "m.h5")
    for foreign in (
        {"class_name": "Custom>Lambda"},
        {"class_name": "run", "module": "os"},
        {"layers": [{"config": {"fn": {"class_name": "function", "module": "builtins"}}}]},
        {"class_name": "TFOpLambda"},
        {"class_name": "Layer", "module": "keras_hub.layers"},
    ):
        with pytest.raises(ModelError):
            refuse_code(foreign, "m.h5")


def test_weights_alone_are_refused(tmp_path):
    mapping = networks.card_mapping("chest", familiarity=None)
    place = tmp_path / "chest-test"
    place.mkdir()
    networks.flat().save_weights(place / "model.weights.h5")
    (place / "model.weights.h5").rename(place / "model.h5")
    from util.modelstore import save_card

    with pytest.raises(ModelError, match="weights only"):
        open_network(save_card(mapping, place)).features(PIXELS)


@pytest.mark.parametrize("data", [b"", b"text", b"\x89HDF\r\n\x1a\n" + bytes(200)])
def test_a_file_that_is_no_model_is_refused(tmp_path, data):
    from util.modelstore import save_card

    (tmp_path / "model.h5").write_bytes(data)
    with pytest.raises(ModelError, match="not a Keras model"):
        open_network(save_card(networks.card_mapping("chest", familiarity=None), tmp_path)).features(PIXELS)


def test_a_layer_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    text = refused(tmp_path, networks.flat(), layer="conv_9")
    assert "conv_9" in text and "last" in text


def test_a_familiarity_layer_that_is_not_there_is_refused(tmp_path):
    assert "conv_9" in refused(tmp_path, networks.flat(), familiarity_layer="conv_9")


def test_a_layer_without_a_map_is_refused(tmp_path):
    assert "pool" in refused(tmp_path, networks.flat(), layer="pool")


def test_a_layer_that_others_bypass_is_refused(tmp_path):
    assert "bypassed" in refused(tmp_path, networks.flat(), layer="conv_3")


def test_a_model_of_other_inputs_or_outputs_than_its_card_is_refused(tmp_path):
    assert "inputs" in refused(tmp_path / "a", networks.fused(2), title={"en": "a", "fr": "a"})
    assert "inputs" in refused(tmp_path / "b", networks.flat(8), modality="skin")
    assert "output" in refused(tmp_path / "c", networks.flat(3))
    assert "activation" in refused(tmp_path / "d", networks.flat(2, "sigmoid"))


def test_metadata_must_be_given_where_the_card_has_it_and_only_there(tmp_path):
    flat = networks.write_model(
        tmp_path, networks.flat(), networks.card_mapping("chest"), networks.card_arrays()
    )
    network = open_network(flat)
    with pytest.raises(ModelError, match="metadata"):
        network.scores(network.features(PIXELS), ROWS)


def test_after_warming_up_the_file_is_needed_no_more(tmp_path):
    card = networks.write_model(
        tmp_path, networks.sequential(), networks.card_mapping("chest", familiarity=None)
    )
    network = open_network(card)
    network.warm_up()
    (card.folder / "model.h5").unlink()
    features = network.features(PIXELS)
    assert network.scores_and_gradient(features, None, 1)[1].shape == features.shape
