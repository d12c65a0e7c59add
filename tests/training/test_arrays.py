"""Arrays from elsewhere: a run's, Keras' own, and the published ones against plain NumPy."""

import json

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from tests.conftest import ROOT
from tests.training.drawn_waves import pictures
from util.training import networks
from util.training.data_root import DataError


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
    (tmp_path / "cut.npz").write_bytes((tmp_path / "part.npz").read_bytes()[:900])
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(tmp_path / "renamed.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "broken.h5").write_bytes(b"no HDF5 at all")
    network = small()
    before = [w.copy() for w in network.get_weights()]
    for file, named in (
        ("other.h5", "conv_1_1"),
        ("part.npz", "conv_2_1"),
        ("unnumbered.npz", "unnumbered.npz"),
        ("cut.npz", "cut.npz"),
        ("renamed.npz", "renamed.npz"),
        ("empty.npz", "empty.npz"),
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
