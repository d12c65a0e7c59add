"""Networks by name: a trunk, its pre-trained arrays, a head, and for skin a branch for metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from util.language import Sentence
from util.training.data_root import DataError
from util.training.networks.arrays import freeze_batch_norm, load_arrays, load_imagenet
from util.training.networks.families import FAMILIES
from util.training.networks.head import HEAD_LAYERS, fused_head, image_head
from util.training.networks.shipped import save_shipped
from util.training.precision import computed_in

if TYPE_CHECKING:
    import keras

__all__ = [
    "FAMILIARITY_LAYER",
    "FEATURE_LAYER",
    "NAMES",
    "WEIGHT_FILES",
    "build",
    "check_known",
    "folded",
    "freeze_batch_norm",
    "idea",
    "load_arrays",
    "load_imagenet",
    "save_shipped",
    "trunk_blocks",
]

NAMES = tuple(FAMILIES)
# The last feature map of each network, as Keras names its layers: where Grad-CAM looks.
FEATURE_LAYER = {name: family.feature_layer for name, family in FAMILIES.items()}
# Where familiarity is measured, unless a card's texts name another layer: the last layer of a network knows only its
# classes, the middle still knows what kind of picture it sees.
FAMILIARITY_LAYER = {name: family.familiarity_layer for name, family in FAMILIES.items()}
WEIGHT_FILES = {name: family.weight_file for name, family in FAMILIES.items() if family.weight_file}


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

    Flat (no model inside a model), of standard layers alone, so that any tool opens it; its input is scaled inside.
    `activation` None gives scores for training; "sigmoid" or "softmax" the file that is shipped. `side` is 32 to
    256 pixels; below 64 some feature maps are a single cell, and Grad-CAM has nothing to say. Raises DataError for an
    unknown name.
    """
    import keras

    check_known(name)
    image = keras.Input((side, side, 3), name="image")
    features = FAMILIES[name].trunk(image)
    # Means over a map and scores want float32's digits, whatever the trunk computes in (`precision.computed_in`).
    with computed_in("float32"):
        if not metadata_width:
            return keras.Model(image, image_head(features, units, dropout, activation), name=name)
        row = keras.Input((metadata_width,), name="metadata")
        out = fused_head(features, row, units, dropout, activation)
    return keras.Model([image, row], out, name=f"{name}_fused")


def check_known(name: str) -> None:
    """Raise DataError where no network is called `name`."""
    if name not in FAMILIES:
        raise DataError("training.unknown_model", received=name, known=", ".join(FAMILIES))


def folded(name: str) -> bool:
    """Whether the file of ../shared/weights for `name` has its batch norms folded: they must then stay frozen.

    Trained from scratch, the same network needs them trainable (see `freeze_batch_norm`).
    """
    check_known(name)
    return FAMILIES[name].folded


def trunk_blocks(network: keras.Model, name: str) -> list[list[keras.layers.Layer]]:
    """The layers of the trunk that have weights, in stages from the input to the output.

    For unfreezing from the last stage to the first (Howard & Ruder 2018). Layers of the head are in none. Raises
    DataError for an unknown name.
    """
    check_known(name)
    patterns = [re.compile(pattern) for pattern in FAMILIES[name].stages]
    blocks: list[list[keras.layers.Layer]] = [[] for _ in patterns]
    for layer in network.layers:
        if layer.weights and layer.name not in HEAD_LAYERS:
            stage = next((i for i, p in enumerate(patterns) if p.match(layer.name)), None)
            if stage is not None:
                blocks[stage].append(layer)
    return blocks


def idea(name: str) -> Sentence:
    """Two sentences on the network `name`: its idea with its paper, then its strengths and limits.

    Raises DataError for an unknown name.
    """
    check_known(name)
    return Sentence.of(f"networks.idea_{name.replace('-', '_')}")
