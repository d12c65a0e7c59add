"""What age, sex and site added to the score of a class, or took from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from util.modelstore import Network
from util.modelstore.card import MetadataEncoding
from util.prediction import Prediction

FIELDS = ("age", "sex", "site")


@dataclass(frozen=True)
class MetadataAttribution:
    """`without` any metadata the target has one score, with all of it `score`; `fields` add up to the difference.

    Scores stand before the activation. A field that was not given has 0; `given` names those that were.
    """

    target: int
    fields: Mapping[str, float]
    given: tuple[str, ...]
    without: float
    score: float


def attribute_metadata(network: Network, prediction: Prediction, target: int) -> MetadataAttribution | None:
    """The exact Shapley values of the metadata fields for the score of `target`; None for a network without metadata.

    All eight subsets of the fields are asked, a field outside a subset being missing (Shapley 1953; Lundberg and Lee
    2017, arXiv 1705.07874); the image's features are known, so only the network's head runs. IndexError for a
    `target` that is no label.
    """
    if not 0 <= target < len(network.card.labels):
        raise IndexError(f"expected a class in 0..{len(network.card.labels) - 1}, received {target}")
    if network.card.metadata is None or prediction.encoded is None:
        return None
    parts = places(network.card.metadata)
    subsets = [frozenset(chosen) for size in range(len(FIELDS) + 1) for chosen in combinations(FIELDS, size)]
    rows = np.zeros((len(subsets), network.card.metadata.width), np.float32)
    for row, subset in zip(rows, subsets, strict=True):
        for name in subset:
            row[parts[name]] = prediction.encoded[0, parts[name]]
    features = np.repeat(prediction.features, len(subsets), axis=0)
    outputs = network.scores(features, rows).astype(np.float64)
    scores = outputs[:, 0] * (1 if target else -1) if outputs.shape[1] == 1 else outputs[:, target]
    worth = dict(zip(subsets, scores, strict=True))
    given = tuple(name for name in FIELDS if prediction.encoded[0, parts[name]].any())
    return MetadataAttribution(
        target=target,
        fields={name: shapley(worth, name) if name in given else 0.0 for name in FIELDS},
        given=given,
        without=float(worth[frozenset()]),
        score=float(worth[frozenset(FIELDS)]),
    )


def shapley(worth: Mapping[frozenset[str], float], name: str) -> float:
    """The mean over all orders of the fields of what `name` adds to the `worth` of those before it."""
    fields = max(worth, key=len)
    total = 0.0
    for others, value in worth.items():
        if name not in others:
            orders = factorial(len(others)) * factorial(len(fields) - len(others) - 1)
            total += orders * (worth[others | {name}] - value)
    return float(total / factorial(len(fields)))


def places(encoding: MetadataEncoding) -> dict[str, slice]:
    """Where each field stands in the encoded row."""
    sexes = 2 + len(encoding.sexes)
    return {"age": slice(0, 2), "sex": slice(2, sexes), "site": slice(sexes, encoding.width)}
