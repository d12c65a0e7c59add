"""Which images of a part are explained, in an order that one seed fixes, and each as a question to the network."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from util.diagnosis import spoken_class
from util.explanation import Question
from util.modelstore import Network
from util.prediction import Metadata, predict
from util.training.dataset import Dataset
from util.training.evaluation.asking import pixels_of, prepared, some
from util.training.evaluation.focus import mask_of


@dataclass(frozen=True)
class Asked:
    """One image of the data with its `question`: why the class that the network decides for (Petsiuk et al. 2018).

    `shown` is the class whose map the app would show first, with two classes the dangerous one; `label` the true
    class, `mask` boolean (S, S) or None: the drawn lesion on skin, the estimated lungs on a film.
    """

    path: str
    group: str
    label: int
    question: Question
    shown: int
    mask: np.ndarray | None


def drawn(dataset: Dataset, images: int, seed: int = 0) -> Dataset:
    """At most `images` rows, balanced over classes, one of each group before a second of any (`asking.some`).

    Classes take turns, each in an order of chance, so that the first twenty are balanced too. More images hold
    those of fewer.
    """
    rows, _ = some(dataset, images, seed=seed)
    chance = np.array([zlib.crc32(f"{seed} {dataset.paths[row]}".encode()) for row in rows])
    order = rows[np.argsort(chance, kind="stable")]
    seen: dict[int, int] = {}
    turns = []
    for row in order:
        label = int(dataset.target[row])
        turns.append(seen.get(label, 0))
        seen[label] = turns[-1] + 1
    return dataset.take(order[np.lexsort((dataset.target[order], turns))])


def questions(network: Network, dataset: Dataset, skip: set[str] = frozenset()) -> Iterator[Asked]:
    """Each image of `dataset` that is not in `skip`, prepared by the card's chain and asked about."""
    for index, path in enumerate(dataset.paths):
        if path not in skip:
            yield asked(network, dataset, index)


def asked(network: Network, dataset: Dataset, index: int) -> Asked:
    """The image of row `index` with its question and its mask."""
    card = network.card
    ready = prepared(pixels_of(dataset, index), card)
    metadata = dataset.metadata[index] if dataset.metadata and card.metadata else Metadata()
    prediction = predict(network, ready, metadata)
    return Asked(
        path=dataset.paths[index],
        group=str(dataset.group[index]),
        label=int(dataset.target[index]),
        question=Question(network, ready.pixels, prediction, prediction.decision),
        shown=spoken_class(card, prediction),
        mask=mask_of(card, dataset, index, ready),
    )
