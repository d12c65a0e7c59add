"""One part of a data set, prepared by a card's chain and held in memory, with its metadata in numbers."""

from __future__ import annotations

import dataclasses

import numpy as np

from util.modelstore.card import MetadataEncoding
from util.training import batches
from util.training.data.checks import check_refused
from util.training.dataset import Dataset
from util.training.prepared_store import cached_chain, prepared_array

# ISIC 2019's eight general sites, and "torso" where the side is not known.
SITES = (
    "anterior torso", "head/neck", "lateral torso", "lower extremity", "oral/genital", "palms/soles",
    "posterior torso", "upper extremity", "torso",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Loaded:
    """One part of a data set in memory: `images` uint8 (N, S, S, 3), `rows` (N, m) or None, and its `data`."""

    data: Dataset
    images: np.ndarray
    rows: np.ndarray | None


def metadata_encoding(dataset: Dataset) -> MetadataEncoding | None:
    """The metadata encoding of a training part: age mean and spread from it, sexes and sites fixed."""
    if dataset.metadata is None:
        return None
    ages = np.array([entry.age for entry in dataset.metadata if entry.age is not None])
    mean, spread = (float(ages.mean()), float(ages.std())) if len(ages) else (50.0, 20.0)
    # One age for all has no spread to divide by.
    return MetadataEncoding(round(mean, 2), round(spread, 2) or 1.0, ("female", "male"), SITES)


def load_part(dataset: Dataset, chain, side: int, encoding: MetadataEncoding | None) -> Loaded:
    """Prepare and load one part; files that the app would refuse are left out, and DataError above 1 in 100."""
    images, answered = prepared_array(dataset, cached_chain(chain, side))
    check_refused(dataset.paths, answered)
    if not answered.all():
        dataset, images = dataset.take(answered), images[answered]
    # In memory: random access to a memory map of a few hundred megabytes costs more than it saves.
    return Loaded(dataset, np.asarray(images), batches.encoded_metadata(dataset, encoding))
