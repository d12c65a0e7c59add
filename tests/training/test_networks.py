"""Networks by name: what they give, what the app makes of their files, and whether published arrays are read right."""

import json
import re

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from tests import networks as shapes
from tests.conftest import ROOT
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


def pictures(count=3, side=SIDE, seed=0):
    """Smooth coloured waves, uint8 (count, side, side, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    drawn = []
    for _ in range(count):
        waves = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in rng.normal(0, 3, (4, 3)))
        drawn.append(128 + waves[..., None] * rng.uniform(15, 45, 3))
    return np.clip(drawn, 0, 255).astype(np.uint8)


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


# Arrays from elsewhere


def small(units=1, name="cnn", **options):
    return networks.build(name, 32, units, **options)


def weights(network, layer):
    return network.get_layer(layer).get_weights()[0]


def a_run(folder, network, labels):
    folder.mkdir(exist_ok=True)
    networks.save_shipped(network, folder / "model.h5")
    (folder / "summary.json").write_text(json.dumps({"labels": labels}), "utf-8")
    return folder


def test_a_run_of_the_same_labels_gives_its_head_too_and_any_other_its_trunk_alone(tmp_path):
    source = small()
    folder = a_run(tmp_path / "run", source, ["0", "1"])
    for file in (folder, folder / "model.h5"):
        for labels, head in ((("0", "1"), True), (("NORMAL", "PNEUMONIA"), False), (None, False)):
            network = small()
            assert networks.load_arrays(network, file, labels=labels) == 8 + head
            np.testing.assert_allclose(
                weights(network, "conv_3_1"), weights(source, "conv_3_1"), rtol=2e-3, atol=1e-6
            )
            same = np.allclose(weights(network, "answer"), weights(source, "answer"), rtol=2e-3, atol=1e-6)
            assert same == head
    wider = small(units=2)
    assert networks.load_arrays(wider, folder, labels=("0", "1")) == 8


def test_an_image_network_gives_its_trunk_to_a_fused_one(tmp_path):
    folder = a_run(tmp_path / "run", small(), ["a", "b"])
    assert networks.load_arrays(small(metadata_width=5), folder, labels=("a", "b")) == 8


def test_a_file_that_does_not_fit_names_its_layer_and_changes_nothing(tmp_path):
    networks.save_shipped(small(name="cnn-bn"), tmp_path / "other.h5")
    np.savez(tmp_path / "part.npz", **{"conv_1_1/0": np.zeros((3, 3, 3, 32)), "conv_1_1/1": np.zeros(32)})
    np.savez(tmp_path / "unnumbered.npz", conv=np.zeros(3))
    (tmp_path / "broken.h5").write_bytes(b"no HDF5 at all")
    network = small()
    before = [w.copy() for w in network.get_weights()]
    for file, named in (
        ("other.h5", "conv_1_1"),
        ("part.npz", "conv_2_1"),
        ("unnumbered.npz", "unnumbered.npz"),
    ):
        with pytest.raises(DataError, match=named):
            networks.load_arrays(network, tmp_path / file)
    for missing in (tmp_path, tmp_path / "absent.npz"):
        with pytest.raises(DataError, match="does not exist"):
            networks.load_arrays(network, missing)
    with pytest.raises(DataError, match="broken.h5"):
        networks.load_arrays(network, tmp_path / "broken.h5")
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_arrays_of_vgg16_as_keras_publishes_them_give_what_keras_gives_with_its_own_preparation(
    monkeypatch, tmp_path
):
    import keras

    theirs = keras.applications.VGG16
    source = theirs(include_top=False, weights=None, input_shape=(64, 64, 3))
    source.save_weights(tmp_path / "published.weights.h5")

    def download(*args, weights=None, **options):
        return source if weights == "imagenet" else theirs(*args, weights=weights, **options)

    monkeypatch.setattr(keras.applications, "VGG16", download)
    downloaded, read = (networks.build("vgg16", 64, 1) for _ in range(2))
    assert networks.load_imagenet(downloaded, "vgg16") == 13
    assert networks.load_arrays(read, tmp_path / "published.weights.h5") == 13
    (tmp_path / "published.weights.h5").unlink()  # 59 MB
    image = pictures(2).astype(np.float32)
    expected = np.asarray(source(keras.applications.vgg16.preprocess_input(image.copy())))
    assert np.ptp(expected) > 0
    for network in (downloaded, read):
        features = keras.Model(network.inputs, network.get_layer("block5_pool").output)
        np.testing.assert_allclose(features([image]), expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_what_cannot_be_downloaded_is_one_sentence(monkeypatch):
    import keras

    def offline(*args, **options):
        raise OSError("no route to host")

    network = small()
    monkeypatch.setattr(keras.applications, "DenseNet121", offline)
    with pytest.raises(DataError, match="densenet121 cannot be downloaded"):
        networks.load_imagenet(network, "densenet121")
    for name in ("cnn", "vit-tiny", "resnet18"):
        with pytest.raises(DataError, match=f"received {name}"):
            networks.load_imagenet(network, name)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_batch_norm_does_not_move_in_training_and_a_free_one_does(frozen):
    import keras

    network = small(name="cnn-bn")
    if frozen:
        networks.freeze_batch_norm(network)
    norm = network.get_layer("conv_3_1_bn")
    before = norm.get_weights()
    network.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", jit_compile=False, run_eagerly=True)
    network.train_on_batch(pictures(4, 32).astype(np.float32), np.ones((4, 1), np.float32))
    moved = [not np.array_equal(a, b) for a, b in zip(before, norm.get_weights(), strict=True)]
    assert moved == [not frozen] * 4


def test_networks_whose_file_has_folded_batch_norms_say_so():
    assert {name for name in networks.NAMES if networks.folded(name)} == set(networks.WEIGHT_FILES)


# The files of ../shared/weights against plain NumPy


@pytest.fixture(scope="module")
def weights_folder():
    folder = ROOT.parent / "shared" / "weights"
    if not folder.is_dir():
        pytest.skip("skipped: no data")
    return folder


def convolve(x, kernel, stride, pads, depthwise=False):
    """X (h, w, c) with zeros of `pads` (before, after) around it, times `kernel` (k, k, c, d) or (k, k, c, 1)."""
    x = np.pad(x, (pads, pads, (0, 0)))
    windows = sliding_window_view(x, kernel.shape[:2], (0, 1))[::stride, ::stride]  # (h, w, c, k, k)
    if depthwise:
        return np.einsum("hwcij,ijc->hwc", windows, kernel[..., 0])
    return np.einsum("hwcij,ijcd->hwd", windows, kernel)


def pooled(x):
    """Maximum of 3 x 3 at stride 2 with one pixel around, of values that are not negative or padded with zeros."""
    return sliding_window_view(np.pad(x, ((1, 1), (1, 1), (0, 0))), (3, 3), (0, 1))[::2, ::2].max((3, 4))


def resnet18_start(z, image):
    x = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    x = pooled(np.maximum(convolve(x, z["conv1/0"], 2, (3, 3)) + z["conv1/1"], 0))
    for unit, stride in (("layer1_0", 1), ("layer1_1", 1), ("layer2_0", 2)):
        y = np.maximum(convolve(x, z[f"{unit}_conv1/0"], stride, (1, 1)) + z[f"{unit}_conv1/1"], 0)
        y = convolve(y, z[f"{unit}_conv2/0"], 1, (1, 1)) + z[f"{unit}_conv2/1"]
        if stride == 2:
            x = convolve(x, z[f"{unit}_downsample_0/0"], 2, (0, 0)) + z[f"{unit}_downsample_0/1"]
        x = np.maximum(x + y, 0)
    return x


def lite0_start(z, image):
    def layer(x, name, stride=1, clipped=True):
        kernel = z[f"{name}/0"]
        # TensorFlow's "same": what is missing at the end, halved, the odd pixel after.
        missing = max((-(-len(x) // stride) - 1) * stride + len(kernel) - len(x), 0)
        pads = (missing // 2, missing - missing // 2)
        x = convolve(x, kernel, stride, pads, depthwise=name.endswith("_dw")) + z[f"{name}/1"]
        return np.clip(x, 0, 6) if clipped else x

    x = layer(image - 127.0, "stem_conv", 2)
    x = layer(layer(x, "b0_dw"), "b0_project", clipped=False)
    for block, stride in (("b1", 2), ("b2", 1), ("b3", 2)):
        y = layer(
            layer(layer(x, f"{block}_expand"), f"{block}_dw", stride), f"{block}_project", clipped=False
        )
        x = x + y if block == "b2" else y
    return x


def resnet50v2_start(z, image):
    def norm(x, name):
        gamma, beta, mean, variance = (z[f"{name}/{i}"] for i in range(4))
        return np.maximum((x - mean) / np.sqrt(variance + 1.001e-5) * gamma + beta, 0)

    x = convolve(image / 127.5 - 1, z["conv1_conv/0"], 2, (3, 3)) + z["conv1_conv/1"]
    x = pooled(x)
    name = "conv2_block1"
    x = norm(x, f"{name}_preact_bn")
    y = norm(convolve(x, z[f"{name}_1_conv/0"], 1, (0, 0)), f"{name}_1_bn")
    y = norm(convolve(y, z[f"{name}_2_conv/0"], 1, (1, 1)), f"{name}_2_bn")
    y = convolve(y, z[f"{name}_3_conv/0"], 1, (0, 0)) + z[f"{name}_3_conv/1"]
    return convolve(x, z[f"{name}_0_conv/0"], 1, (0, 0)) + z[f"{name}_0_conv/1"] + y


STARTS = {
    "resnet18-stage3": (resnet18_start, "layer2_0_relu2"),
    "efficientnet-lite0": (lite0_start, "b3_project"),
    "resnet50v2-stage3": (resnet50v2_start, "conv2_block1_out"),
}


@pytest.mark.parametrize("name", STARTS)
def test_the_published_arrays_give_what_their_own_arithmetic_says(weights_folder, name):
    import keras

    file = weights_folder / networks.WEIGHT_FILES[name]
    network = networks.build(name, 64, 1)
    with np.load(file) as stored:
        arrays = {key: stored[key].astype(np.float64) for key in stored.files}
    layers = {key.rpartition("/")[0] for key in arrays}
    assert networks.load_arrays(network, file) == len(layers)
    start, layer = STARTS[name]
    image = np.random.default_rng(3).uniform(0, 255, (64, 64, 3))
    expected = start(arrays, image)
    both = keras.Model(network.inputs, [network.get_layer(layer).output, network.get_layer("pool").output])
    found, _ = both([image[None].astype(np.float32)])
    np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())

    # Further up: alive, of a sane size, and a picture resembles itself made a little darker more than others.
    drawn = pictures(4).astype(np.float32)
    features = np.asarray(both([np.concatenate([drawn, drawn * 0.9])])[1])
    assert np.isfinite(features).all() and 0.01 < features.mean() < 10
    assert (features > 1e-6).mean() > 0.05
    likeness = np.corrcoef(features)[:4, 4:]
    assert (likeness.argmax(1) == np.arange(4)).all()
