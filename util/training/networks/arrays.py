"""Where a network's first arrays come from: a published file, an earlier run, or Keras' own download."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from util.modelstore import ModelError, h5
from util.training.data_root import DataError
from util.training.networks.families import FAMILIES
from util.training.networks.head import HEAD_LAYERS
from util.training.reading import read_summary

if TYPE_CHECKING:
    import keras

    from util.training.networks.family import Family


def load_arrays(network: keras.Model, file: Path, *, labels: Sequence[str] | None = None) -> int:
    """Fill layers by their names; how many were filled.

    `file` is an `.npz` of published `<layer>/<index>` arrays (float16 or float32), an `.h5` of the same network
    (whole, or the weights alone that Keras publishes), or a run folder with a `model.h5`. Head layers are filled only
    from a run whose `summary.json` names the very `labels`, and where their shapes fit. Raises DataError where the
    file is missing or unreadable, a layer of the trunk is not in it or has another shape; ModelError for foreign code.
    """
    file = file / "model.h5" if file.is_dir() else file
    if not file.is_file():
        raise DataError("training.no_weights", received=str(file))
    family = FAMILIES.get(network.name.removesuffix("_fused"))
    head = False
    if file.suffix == ".npz":
        by_layer, published = _of_npz(file), family and family.published
    else:
        by_layer, published = _of_model(file, family)
        head = labels is not None and _labels_beside(file) == tuple(labels)
    return _fill(network, by_layer, published, file.name, head)


def load_imagenet(network: keras.Model, name: str) -> int:
    """Fill the trunk with the ImageNet arrays that `keras.applications` downloads; how many layers were filled.

    Raises DataError where the network `name` has none there, or where nothing can be downloaded.
    """
    import keras

    family = FAMILIES[name]
    if family.application is None:
        known = ", ".join(key for key, other in FAMILIES.items() if other.application)
        raise DataError("training.no_imagenet", received=name, known=known)
    try:
        source = getattr(keras.applications, family.application)(
            include_top=False, weights="imagenet", input_shape=(224, 224, 3)
        )
    except Exception as cause:  # urllib, ssl and Keras's own check of the file raise nearly anything
        raise DataError("training.imagenet_unreachable", received=name) from cause
    return _fill(network, _arrays_of(source), family.published, "imagenet", head=False)


def freeze_batch_norm(network: keras.Model) -> None:
    """Freeze every batch norm for real: not trainable, which in Keras 3 is inference mode, so nothing in it moves.

    For networks that start from pre-trained arrays: where they are folded (../shared/weights), the statistics
    stand in gamma and beta, and new ones would break them; elsewhere, a small data set's are worse than ImageNet's. A
    network trained from scratch needs its batch norms trainable: do not call this for one. Setting `trainable` on
    whole stages unfreezes them again: call this after it.
    """
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _of_npz(file: Path) -> dict[str, list[np.ndarray]]:
    by_layer: dict[str, list[np.ndarray]] = {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            keys = [key.rpartition("/") for key in stored.files]
            for layer, _, index in sorted(keys, key=lambda key: (key[0], int(key[2]))):
                by_layer.setdefault(layer, []).append(stored[f"{layer}/{index}"].astype(np.float32))
    except Exception as cause:  # zipfile, zlib and NumPy raise each their own; or no number behind the stroke
        raise DataError("training.wrong_weights", layer="?", file=file.name) from cause
    return by_layer


def _of_model(file: Path, family: Family | None) -> tuple[dict[str, list[np.ndarray]], Callable | None]:
    """The arrays of a saved network by layer, and how they are to be turned where Keras published them."""
    import keras

    try:
        h5.refuse_code(h5.config_of(file), file.name)
        return _arrays_of(keras.models.load_model(file, compile=False, safe_mode=True)), None
    except ModelError as refused:
        if refused.sentence.key == "modelstore.model_has_code":
            raise
        if refused.sentence.key != "modelstore.model_weights_only" or not (family and family.application):
            raise DataError("training.wrong_weights", layer="?", file=file.name) from refused
    except Exception as cause:  # Keras raises nearly anything for a file it cannot rebuild
        raise DataError("training.wrong_weights", layer="?", file=file.name) from cause
    try:
        source = getattr(keras.applications, family.application)(
            include_top=False, weights=str(file), input_shape=(224, 224, 3)
        )
    except Exception as cause:
        raise DataError("training.wrong_weights", layer="?", file=file.name) from cause
    return _arrays_of(source), family.published


def _arrays_of(network: keras.Model) -> dict[str, list[np.ndarray]]:
    return {layer.name: layer.get_weights() for layer in network.layers if layer.weights}


def _labels_beside(file: Path) -> tuple[str, ...] | None:
    """The labels of the run that `file` is the model of; None where it stands alone."""
    summary = file.with_name("summary.json")
    if not summary.is_file():
        return None
    return tuple(read_summary(file.parent).get("labels", ()))


def _fill(
    network: keras.Model,
    by_layer: Mapping[str, list[np.ndarray]],
    published: Callable[[str, list[np.ndarray]], list[np.ndarray]] | None,
    source: str,
    head: bool,
) -> int:
    import keras

    chosen = []
    for layer in network.layers:
        # A Normalization layer of Keras' EfficientNet stands idle here (efficientnetb0.py) and has a counted name.
        if not layer.weights or isinstance(layer, keras.layers.Normalization):
            continue
        arrays = by_layer.get(layer.name)
        fits = arrays is not None and [a.shape for a in arrays] == [tuple(w.shape) for w in layer.weights]
        if layer.name in HEAD_LAYERS:
            if head and fits:
                chosen.append((layer, arrays))
            continue
        if not fits:
            raise DataError("training.wrong_weights", layer=layer.name, file=source)
        chosen.append((layer, published(layer.name, arrays) if published else arrays))
    # Nothing is filled before everything fits: a refused file leaves the network as it was.
    for layer, arrays in chosen:
        layer.set_weights(arrays)
    return len(chosen)
