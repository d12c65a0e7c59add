"""What a finished run's network says of any part of the data: with or without metadata, turned, at any time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from util.modelstore.card import MetadataEncoding
from util.modelstore.views import VIEWS, views_of
from util.training import batches, networks
from util.training.dataset import Dataset
from util.training.studies.runs import Answers, config_of, summary_of

# Flips and quarter turns under which an image of the modality stays what it is.
TURNS = {"skin": VIEWS["square"], "breast": VIEWS["square"]}


def encoding_of(run: Path) -> MetadataEncoding | None:
    """The metadata encoding that a run was trained with, or None."""
    stored = summary_of(run)["metadata"]
    if not stored:
        return None
    lists = {name: tuple(stored[name]) for name in ("sexes", "sites")}
    return MetadataEncoding(**(stored | lists))


def score_network(run: Path):
    """The run's network without its activation, so that it answers scores, with the arrays of its `model.h5`."""
    import keras

    config, labels, encoding = config_of(run), summary_of(run)["labels"], encoding_of(run)
    network = networks.build(
        config.model,
        config.img_size,
        1 if len(labels) == 2 else len(labels),
        metadata_width=encoding.width if encoding else 0,
        dropout=config.dropout,
    )
    network.set_weights(keras.models.load_model(run / "model.h5", compile=False).get_weights())
    return network


def answers(run: Path, dataset: Dataset, *, metadata: bool = True, turned: bool = False) -> Answers:
    """What `run` says of `dataset`: scores (N, units), over flips and turns averaged where `turned`.

    Without `metadata` every field is missing, as for a patient of whom nothing is known.
    """
    from util.training.loading import load_part

    config = config_of(run)
    loaded = load_part(dataset, config.chain, config.img_size, encoding_of(run))
    rows = loaded.rows if metadata or loaded.rows is None else np.zeros_like(loaded.rows)
    network = score_network(run)
    ways = TURNS.get(config.modality, VIEWS["mirror"]) if turned else views_of(None)
    scores = [
        batches.read_out(network, _turned(loaded.images, *way), rows, config.img_size).astype(np.float64)
        for way in ways
    ]
    data = loaded.data
    return Answers(np.mean(scores, axis=0), data.target, data.group, np.array(data.paths))


def _turned(images: np.ndarray, turns: int, flipped: bool) -> np.ndarray:
    images = np.rot90(images, turns, axes=(1, 2))
    return images[:, :, ::-1] if flipped else images
