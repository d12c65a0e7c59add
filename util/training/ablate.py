"""What each preparation step is worth: linear probes on frozen features, on validation data, one row a chain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from util.language import Sentence
from util.training import networks
from util.training.batches import read_out
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.dataset import Dataset, parts, read_index
from util.training.loading import load_part

_SQUARE = [{"step": "colour"}, {"step": "centre_square"}, {"step": "standard_scale", "side": 150}]
_FILM = [{"step": "grey"}]
_PATCH = [
    {"step": "colour"},
    {"step": "scale_to_um", "target": 4.0},
    {"step": "central_window", "side": 50},
    {"step": "pad", "side": 50},
]
CHAINS: dict[str, dict[str, list[dict]]] = {
    "skin": {
        "geometry alone": _SQUARE,
        "with DullRazor": [*_SQUARE, {"step": "dull_razor"}],
        "with shades of grey": [*_SQUARE, {"step": "shades_of_grey"}],
        "with half shades of grey": [*_SQUARE, {"step": "shades_of_grey", "strength": 0.5}],
        "with both": [*_SQUARE, {"step": "dull_razor"}, {"step": "shades_of_grey"}],
    },
    "chest": {
        "squash alone": [*_FILM, {"step": "squash", "side": 224}],
        "with border trim": [*_FILM, {"step": "trim_border"}, {"step": "squash", "side": 224}],
        "with marks removed": [*_FILM, {"step": "squash", "side": 224}, {"step": "trim_marks"}],
        "with percentile clip": [*_FILM, {"step": "squash", "side": 224}, {"step": "percentile_clip"}],
        "with CLAHE": [*_FILM, {"step": "squash", "side": 224}, {"step": "clahe"}],
        "with trim, marks, clip": [
            *_FILM,
            {"step": "trim_border"},
            {"step": "squash", "side": 224},
            {"step": "trim_marks"},
            {"step": "percentile_clip"},
        ],
    },
    "breast": {
        "no stain normalisation": _PATCH,
        "with Reinhard": [*_PATCH, {"step": "reinhard"}],
        "with half Reinhard": [*_PATCH, {"step": "reinhard", "strength": 0.5}],
        "with Macenko": [*_PATCH, {"step": "macenko"}],
    },
    "own": {
        "centre square": [{"step": "colour"}, {"step": "centre_square"}],
        "squashed": [{"step": "colour"}, {"step": "squash", "side": 224}],
        "with shades of grey": [{"step": "colour"}, {"step": "centre_square"}, {"step": "shades_of_grey"}],
        "grey": [{"step": "grey"}, {"step": "centre_square"}],
    },
}


def ablate(
    modality: str, root: Path, weights: Path, output: Path, images: int = 4000, *, say=print
) -> list[dict]:
    """One row a chain: AUC and balanced accuracy of a logistic probe on frozen MobileNetV2 features.

    Trained on `images` training images drawn evenly, measured on all of the default validation fold, which is of
    other groups. For chest also on the 'unlike' part: training NORMALs of the lowest ids, kept out of the probe.
    The rows are written to `output` as JSON.
    """
    import keras

    config = configuration(modality)
    split = parts(read_index(root, modality))
    network = networks.build(config.model, config.img_size, 1)
    networks.load_arrays(network, weights)
    trunk = keras.Model(network.input, network.get_layer("pool").output)
    unlike = unlike_normals(split["train"]) if modality == "chest" else np.zeros(len(split["train"]), bool)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(np.flatnonzero(~unlike), min(images, int((~unlike).sum())), replace=False))
    labels, known = split["train"].labels, set(split["train"].target[chosen].tolist())
    if lacks := [label for k, label in enumerate(labels) if k not in known]:
        drawn = Sentence.of("training.drawn_images", images=str(len(chosen)))
        raise DataError("training.class_without_image", label=lacks[0], where=drawn)
    rows = []
    for name, steps in CHAINS[modality].items():
        chain = (*steps, {"step": "resize", "side": config.img_size})

        def features(part: Dataset, chain=chain) -> tuple[np.ndarray, np.ndarray]:
            loaded = load_part(part, chain, config.img_size, None)
            return read_out(trunk, loaded.images, None, config.img_size), loaded.data.target

        known, held = features(split["train"].take(chosen)), features(split["validation"])
        row = {"chain": name} | _probe(known, held)
        if unlike.any():
            shifted = features(split["train"].take(unlike))
            sick = held[1] == 1
            joined = np.concatenate([held[0][sick], shifted[0]]), np.concatenate([held[1][sick], shifted[1]])
            row |= {f"unlike_{key}": value for key, value in _probe(known, joined).items()}
        rows.append(row)
        say(row, flush=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(rows, indent=1), "utf-8")
    return rows


def unlike_normals(train: Dataset, share: float = 0.15) -> np.ndarray:
    """Mask (N,) of the NORMAL images whose patient numbers are the lowest of each name prefix.

    The official test part holds low, consecutive ids: those nearest to it are the best stand-in for its shift. None
    where the groups have no numbers, as files in class folders.
    """
    mask = np.zeros(len(train), bool)
    normal = np.flatnonzero(train.target == 0)
    prefix = np.array([train.group[i].rpartition("-")[0] for i in normal])
    number = [train.group[i].rpartition("-")[2] for i in normal]
    if not all(text.isdecimal() for text in number):
        return mask
    number = np.array([int(text) for text in number])
    for name in np.unique(prefix):
        mine = prefix == name
        mask[normal[mine & (number <= np.quantile(number[mine], share))]] = True
    return mask


def _probe(known: tuple[np.ndarray, np.ndarray], held: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.003, max_iter=300, class_weight="balanced")
    )
    probe.fit(*known)
    shares = probe.predict_proba(held[0])
    area = (
        roc_auc_score(held[1], shares[:, 1])
        if shares.shape[1] == 2
        else roc_auc_score(held[1], shares, multi_class="ovr")
    )
    accuracy = balanced_accuracy_score(held[1], shares.argmax(1))
    return {"auc": round(float(area), 4), "balanced_accuracy": round(float(accuracy), 4)}
