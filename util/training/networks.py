"""Networks by name: a backbone, its pre-trained arrays, a head, and for skin a branch for metadata."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from util.training.data_root import DataError

if TYPE_CHECKING:
    import keras

# The last convolutional feature map of each backbone, as Keras names its layers.
FEATURE_LAYER = {"mobilenetv2": "out_relu"}
# Where familiarity is measured, unless a card's texts name another layer: the last layer of a network knows only its
# classes, the middle still knows what kind of picture it sees.
FAMILIARITY_LAYER = {"mobilenetv2": "block_11_add"}
WEIGHT_FILES = {"mobilenetv2": "mobilenetv2_imagenet_fp16.npz"}


def build(
    name: str,
    side: int,
    units: int,
    *,
    metadata_width: int = 0,
    dropout: float = 0.3,
    activation: str | None = None,
) -> keras.Model:
    """A functional network: image (N, side, side, 3) in [0, 255], optional metadata (N, m), to (N, units).

    Flat (no model inside a model), so that any tool opens it. `activation` None gives scores for training;
    "sigmoid" or "softmax" the file that is shipped. MobileNetV2: Sandler et al. 2018. Raises DataError for an
    unknown name.
    """
    import keras
    from keras import layers

    check_known(name)
    image = keras.Input((side, side, 3), name="image")
    scaled = layers.Rescaling(1 / 127.5, offset=-1.0, name="to_minus_one_one")(image)
    backbone = keras.applications.MobileNetV2(
        input_tensor=scaled, include_top=False, weights=None, name="mobilenetv2"
    )
    features = backbone.get_layer(FEATURE_LAYER[name]).output
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    pooled = layers.Dropout(dropout, name="dropout")(pooled)
    if not metadata_width:
        out = layers.Dense(units, activation=activation, name="answer")(pooled)
        return keras.Model(image, out, name=name)
    known = keras.Input((metadata_width,), name="metadata")
    branch = layers.Dense(32, activation="relu", name="metadata_1")(known)
    branch = layers.Dense(32, activation="relu", name="metadata_2")(branch)
    joined = layers.Concatenate(name="fusion")([pooled, branch])
    joined = layers.Dense(128, activation="relu", name="fusion_dense")(joined)
    joined = layers.Dropout(dropout, name="fusion_dropout")(joined)
    # The image also speaks directly: without metadata the answer stays as good as an image-only network's.
    direct = layers.Dense(units, name="image_scores")(pooled)
    fused = layers.Dense(units, name="fused_scores")(joined)
    out = layers.Add(name="scores")([direct, fused])
    if activation:
        out = layers.Activation(activation, name="answer")(out)
    return keras.Model([image, known], out, name=f"{name}_fused")


def check_known(name: str) -> None:
    """Raise DataError where no network is called `name`."""
    if name not in FEATURE_LAYER:
        raise DataError("training.unknown_model", received=name, known=", ".join(FEATURE_LAYER))


def load_arrays(network: keras.Model, file: Path) -> int:
    """Fill layers from an `.npz` of `<layer>/<index>` arrays (float16 or float32); how many layers were filled.

    Raises DataError where the file is missing, no layer fits or a shape differs.
    """
    if not file.is_file():
        raise DataError("training.no_weights", received=str(file))
    with np.load(file, allow_pickle=False) as stored:
        by_layer: dict[str, list[np.ndarray]] = {}
        for key in sorted(
            stored.files, key=lambda text: (text.rpartition("/")[0], int(text.rpartition("/")[2]))
        ):
            by_layer.setdefault(key.rpartition("/")[0], []).append(stored[key].astype(np.float32))
    filled = 0
    for layer in network.layers:
        arrays = by_layer.get(layer.name)
        if arrays is None or not layer.weights:
            continue
        if [a.shape for a in arrays] != [tuple(w.shape) for w in layer.weights]:
            raise DataError("training.wrong_weights", layer=layer.name, file=file.name)
        layer.set_weights(arrays)
        filled += 1
    if not filled:
        raise DataError("training.wrong_weights", layer="?", file=file.name)
    return filled


def freeze_batch_norm(network: keras.Model) -> None:
    """Keep batch norms in inference mode: their statistics are folded into the arrays (../shared/weights)."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def save_shipped(network: keras.Model, file: Path) -> None:
    """Save an `.h5` whose arrays are float16: half the size; Keras loads them as float32."""
    import h5py

    network.save(file)
    with h5py.File(file, "r+") as stored:
        found: list[str] = []
        stored["model_weights"].visititems(
            lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None
        )
        for name in found:
            values = stored["model_weights"][name][()]
            del stored["model_weights"][name]
            stored["model_weights"].create_dataset(name, data=values.astype(np.float16))
    _repack(file)


def _repack(file: Path) -> None:
    """Copy the file: HDF5 does not give back the room of deleted data sets."""
    import h5py

    fresh = file.with_suffix(".repacked")
    with h5py.File(file, "r") as old, h5py.File(fresh, "w") as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        for key in old:
            old.copy(key, new)
    fresh.replace(file)
