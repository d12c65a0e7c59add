"""Questions to small networks of every shape, for the tests of methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests import networks
from util.explanation import Asker, Question
from util.explanation.methods import find_method
from util.modelstore import open_network
from util.prediction import Metadata, predict
from util.preparation import Prepared

KINDS = {
    "flat": (networks.flat, "chest", {}),
    "nested": (networks.nested, "chest", {}),
    "sigmoid": (networks.sigmoid, "breast", {}),
    "fused": (networks.fused, "skin", {}),
    "fused nested": (networks.fused_nested, "skin", {"layer": "backbone/last"}),
    "sequential": (networks.sequential, "chest", {}),
}
# As many passes as show a mistake, and no more.
SMALL = {
    "score_cam": {"channels": 5},
    "integrated_gradients": {"steps": 8, "most": 8},
    "smooth_grad": {"samples": 3},
    "occlusion": {"levels": ((2, 1), (4, 2))},
    "lime": {"samples": 40, "segments": 12},
    "rise": {"masks": 40},
}


def open_all(folder):
    """Every kind of network, opened once; and one that looks at the upper left quarter alone."""
    kinds = {**KINDS, "quarter": (quarter, "chest", {})}
    return {
        kind: open_network(
            networks.write_model(
                folder / kind.replace(" ", "-"),
                build(),
                networks.card_mapping(modality, familiarity=None, **changes),
            )
        )
        for kind, (build, modality, changes) in kinds.items()
    }


def quarter():
    """Class 1 is the mean red of the upper left quarter, class 0 is nothing."""
    import keras
    from keras import layers

    image = keras.Input((networks.SIDE, networks.SIDE, 3), name="image")
    x = layers.Rescaling(1 / 255)(image)
    red = layers.Conv2D(1, 2, 2, activation="relu", name="last")
    x = red(x)
    x = layers.Cropping2D(((0, networks.SIDE // 4), (0, networks.SIDE // 4)))(x)
    x = layers.GlobalAveragePooling2D()(x)
    out = layers.Dense(2, "softmax", name="out")
    model = keras.Model(image, out(x), name="quarter")
    kernel = np.zeros((2, 2, 3, 1), np.float32)
    kernel[..., 0, 0] = 1
    red.set_weights([kernel, np.zeros(1, np.float32)])
    out.set_weights([np.array([[0, 2]], np.float32), np.zeros(2, np.float32)])
    return model


def picture(seed=0):
    """A smooth picture with something in it, uint8 (48, 48, 3)."""
    y, x = np.mgrid[: networks.SIDE, : networks.SIDE] / networks.SIDE
    rng = np.random.default_rng(seed)
    waves = sum(
        np.sin(2 * np.pi * (rng.normal() * 3 * x + rng.normal() * 3 * y) + rng.normal()) for _ in range(4)
    )
    return np.clip(128 + waves[..., None] * rng.uniform(20, 60, 3), 0, 255).astype(np.uint8)


def ask(network, pixels, target, layer=None, metadata=Metadata(61, "female", "torso")):  # noqa: B008
    """A question to `network`, and an asker for it."""
    side = float(networks.SIDE)
    prediction = predict(network, Prepared(pixels, (), (0.0, 0.0, side, side)), metadata)
    return Question(network, pixels, prediction, target, layer), Asker(network, target)


def options_of(name, **changes):
    """The fast options of a method with few passes, or with `changes`."""
    return replace(find_method(name).options["fast"], **(changes or SMALL.get(name, {})))


def explained(name, network, pixels, target, layer=None, **changes):
    """The map of one method with few passes."""
    question, asker = ask(network, pixels, target, layer)
    return find_method(name).explain(question, options_of(name, **changes), asker)


def similar(one, other):
    """Pearson correlation of two maps."""
    return np.corrcoef(np.ravel(one), np.ravel(other))[0, 1]
