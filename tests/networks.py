"""Small Keras models of every shape that the app meets, and whole model folders for tests.

`make_model_folder(tmp_path, "skin")` is what other rooms' tests use: a folder that `cards()` and `diagnose()` take.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIDE = 48
LABELS = {
    "chest": ("NORMAL", "PNEUMONIA"),
    "skin": ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"),
    "breast": ("0", "1"),
}
DANGER = {"chest": ("PNEUMONIA",), "skin": ("MEL", "BCC", "SCC", "AK"), "breast": ("1",)}
ORDER = {
    "chest": ("PNEUMONIA", "NORMAL"),
    "skin": ("MEL", "SCC", "BCC", "AK", "BKL", "DF", "VASC", "NV"),
    "breast": ("1", "0"),
}
PREPARATION = {
    "chest": ({"step": "grey"}, {"step": "squash", "side": SIDE}),
    "skin": ({"step": "colour"}, {"step": "centre_square"}, {"step": "resize", "side": SIDE}),
    "breast": (
        {"step": "colour"},
        {"step": "scale_to_um", "target": 4.0},
        {"step": "central_window", "side": 50},
        {"step": "pad", "side": 50},
        {"step": "resize", "side": SIDE},
    ),
}
SITES = (
    "anterior torso",
    "head/neck",
    "lateral torso",
    "lower extremity",
    "oral/genital",
    "palms/soles",
    "posterior torso",
    "upper extremity",
    "torso",
)
SEXES = ("female", "male")
ROW = 2 + len(SEXES) + len(SITES)


def _init(seed: int):
    import keras

    return keras.initializers.GlorotUniform(seed=seed)


def _convolutions(x, seed: int = 1, prefix: str = ""):
    """Three convolutions with a normalisation and a detour: 48 x 48 x 3 -> 12 x 12 x 8."""
    from keras import layers

    x = layers.Conv2D(8, 3, 2, "same", kernel_initializer=_init(seed), name=f"{prefix}conv_1")(x)
    x = layers.BatchNormalization(name=f"{prefix}norm_1")(x)
    x = layers.ReLU(name=f"{prefix}relu_1")(x)
    y = layers.Conv2D(8, 3, 2, "same", kernel_initializer=_init(seed + 1), name=f"{prefix}conv_2")(x)
    y = layers.ReLU(name=f"{prefix}relu_2")(y)
    z = layers.Conv2D(8, 3, 1, "same", kernel_initializer=_init(seed + 2), name=f"{prefix}conv_3")(y)
    y = layers.Add(name=f"{prefix}add")([y, z])
    return layers.ReLU(name=f"{prefix}last")(y)


def _head(x, units: int, activation: str | None, seed: int = 11):
    from keras import layers

    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.3, name="drop")(x)
    x = layers.Dense(12, "relu", kernel_initializer=_init(seed), name="hidden")(x)
    return layers.Dense(units, activation, kernel_initializer=_init(seed + 1), name="out")(x)


def flat(units: int = 2, activation: str = "softmax"):
    """One functional graph with its own scaling; map layer "last"."""
    import keras

    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = keras.layers.Rescaling(1 / 127.5, -1, name="scale")(image)
    return keras.Model(image, _head(_convolutions(x), units, activation), name="flat")


def sigmoid():
    """The flat graph with one sigmoid unit."""
    return flat(1, "sigmoid")


def apart():
    """Logits, and the softmax as a layer of its own."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    logits = _head(_convolutions(x), 2, None)
    return keras.Model(image, keras.layers.Activation("softmax", name="probabilities")(logits), name="apart")


def nested(units: int = 2, activation: str = "softmax"):
    """A backbone as one layer inside a functional model; map layer "last" or "backbone"."""
    import keras

    inner = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(inner, _convolutions(inner), name="backbone")
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = backbone(keras.layers.Rescaling(1 / 127.5, -1)(image), training=False)
    return keras.Model(image, _head(x, units, activation), name="nested")


def nested_sequential():
    """A Sequential with its own activation last, inside a functional model."""
    import keras
    from keras import layers

    inner = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(inner, _convolutions(inner), name="backbone")
    top = keras.Sequential(
        [
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, "softmax", kernel_initializer=_init(12), name="out"),
        ],
        name="top",
    )
    image = keras.Input((SIDE, SIDE, 3), name="image")
    return keras.Model(image, top(backbone(layers.Rescaling(1 / 127.5, -1)(image))), name="nested_top")


def sequential(units: int = 2, activation: str = "softmax"):
    """A Sequential at the top, with an augmentation layer that must stay idle; map layer "last"."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.RandomFlip("horizontal", seed=1),
            layers.Rescaling(1 / 127.5, -1),
            layers.Conv2D(8, 3, 2, "same", activation="relu", kernel_initializer=_init(1)),
            layers.Conv2D(8, 3, 2, "same", activation="relu", kernel_initializer=_init(2), name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation, kernel_initializer=_init(12), name="out"),
        ],
        name="chain",
    )


def fused(units: int = 8, activation: str = "softmax", metadata_first: bool = False):
    """Image and metadata row, concatenated before a dense head; the inputs in either order."""
    import keras
    from keras import layers

    image = keras.Input((SIDE, SIDE, 3), name="image")
    row = keras.Input((ROW,), name="metadata")
    x = _convolutions(layers.Rescaling(1 / 127.5, -1)(image))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    m = layers.Dense(6, "relu", kernel_initializer=_init(21), name="branch")(row)
    x = layers.Concatenate(name="join")([x, m])
    x = layers.Dense(12, "relu", kernel_initializer=_init(22), name="hidden")(x)
    x = layers.Dense(units, activation, kernel_initializer=_init(23), name="out")(x)
    return keras.Model([row, image] if metadata_first else [image, row], x, name="fused")


def fused_nested():
    """Image and metadata row, the image branch a nested backbone."""
    import keras
    from keras import layers

    inner = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(inner, _convolutions(inner), name="backbone")
    image, row = keras.Input((SIDE, SIDE, 3), name="image"), keras.Input((ROW,), name="metadata")
    x = layers.GlobalAveragePooling2D()(backbone(layers.Rescaling(1 / 127.5, -1)(image)))
    x = layers.Concatenate()([x, layers.Dense(6, "relu", kernel_initializer=_init(21))(row)])
    x = layers.Dense(8, "softmax", kernel_initializer=_init(23), name="out")(x)
    return keras.Model([image, row], x, name="fused_nested")


def card_mapping(
    modality: str, *, units: int | None = None, metadata: bool | None = None, layer: str = "last", **changes
) -> dict[str, object]:
    """A whole card for a model of these shapes, as a mapping for `save_card`; `changes` replace its fields."""
    labels = LABELS[modality]
    units = (1 if modality == "breast" else len(labels)) if units is None else units
    metadata = modality == "skin" if metadata is None else metadata
    both = {"en": f"a small {modality} model for tests", "fr": f"un petit modèle d’essai ({modality})"}
    mapping: dict[str, object] = {
        "name": f"{modality}-test",
        "title": both,
        "modality": modality,
        "default": True,
        "created": "2026-11-21",
        "file": "model.h5",
        "labels": labels,
        "danger": DANGER[modality],
        "danger_order": ORDER[modality],
        "input": {"height": SIDE, "width": SIDE, "minimum_side": 1 if modality == "breast" else 32},
        "units": units,
        "activation": "sigmoid" if units == 1 else "softmax",
        "preparation": PREPARATION[modality],
        "gradcam_layer": layer,
        "population": {"en": "drawn test images", "fr": "images d’essai dessinées"},
        "limits": [{"en": "It knows nothing.", "fr": "Il ne sait rien."}],
        "licence": {"en": "for tests only", "fr": "pour les essais seulement"},
        "calibration": {
            "temperature": 1.5,
            "bias": [0.1 * i for i in range(units)],
            "fitted_on": "fold 1",
            "n": 200,
        },
        "decision": {"rule": "argmax", "fixed_on": "fold 1"}
        if modality == "skin"
        else {"rule": "threshold", "fixed_on": "fold 0", "threshold": 0.45},
        "grey_zone": {"low": 0.3, "high": 0.7, "target_error": 0.1, "fitted_on": "fold 1", "n": 200},
        "conformal": {"alpha": 0.1, "minimum": [0.05] * len(labels), "fitted_on": "fold 1", "n": 200},
        "familiarity": {"threshold": 1e6, "quantile": 0.99, "fitted_on": "fold 1", "n": 200},
        "test": {
            "data": "drawn images",
            "part": "test",
            "images": 120,
            "groups": 60,
            "date": "2026-11-21",
            "command": "python -m util.training evaluate --split test",
            "figures": {
                "auc": {"value": 0.91, "low": 0.88, "high": 0.94},
                "balanced_accuracy": {"value": 0.8},
            },
            "prevalence": 0.4,
        },
        "extra": {"data": [{"name": "drawn", "licence": "CC0"}]},
    }
    if metadata:
        mapping["metadata"] = {"age_mean": 52.0, "age_scale": 17.0, "sexes": SEXES, "sites": SITES}
    mapping.update(changes)
    return {name: value for name, value in mapping.items() if value is not None}


def card_arrays(channels: int = 8) -> dict[str, np.ndarray]:
    """Reliability on a grid, and feature statistics for `channels` pooled features."""
    grid = np.linspace(0, 1, 21)
    return {
        "probability": grid,
        "frequency": grid**1.2,
        "frequency_low": np.clip(grid**1.2 - 0.1, 0, 1),
        "frequency_high": np.clip(grid**1.2 + 0.1, 0, 1),
        "feature_mean": np.full(channels, 0.2),
        "feature_axes": np.eye(channels)[:, :3],
        "feature_spread": np.array([0.3, 0.2, 0.1]),
        "feature_residual": np.array([0.5]),
    }


def write_model(folder: Path, model, mapping: dict[str, object], arrays: dict | None = None):
    """Write `model` as model.h5 with its card into `folder/<name>`; return the Card."""
    from util.modelstore import save_card

    place = folder / str(mapping["name"])
    place.mkdir(parents=True, exist_ok=True)
    model.save(place / "model.h5")
    return save_card(mapping, place, arrays)


def make_model_folder(folder: Path, *modalities: str) -> Path:
    """A models folder with one small default model for each modality (all three if none is named); returns `folder`.

    Chest is flat with a softmax, skin is fused with metadata, breast is flat with one sigmoid unit. Use it as
    `folder=` of `cards()` and `diagnose()`, or as `$PENUMBRA_MODELS`.
    """
    builders = {"chest": flat, "skin": fused, "breast": sigmoid}
    for modality in modalities or tuple(builders):
        write_model(folder, builders[modality](), card_mapping(modality), card_arrays())
    return folder
