"""Maps of numbers: whole slides put together from their patches, and where a network looked, right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.modelstore.card import Card
from util.training.dataset import Dataset

_STEP = 50  # pixels of the slide between neighbouring patches


@dataclass(frozen=True)
class Look:
    """One image that a model answered: its Grad-CAM `heat` (H, W) in [0, 1] for the class it said.

    `pixels` uint8 (H, W, 3) is the prepared image; `probability` in [0, 1] that of the class it said; `empty` True
    where nothing spoke for that class; `border` the share of the map's energy on the outer tenth (an even
    map has 0.36), None for an empty map.
    """

    path: str
    truth: str
    said: str
    probability: float
    heat: np.ndarray
    pixels: np.ndarray
    empty: bool
    border: float | None


def slide_map(dataset: Dataset, slide: str, values: np.ndarray) -> np.ndarray:
    """`values` (N,), one a patch of `dataset`, at the places of the patches of `slide`: (rows, columns), NaN between.

    Raises KeyError for a slide that `dataset` does not have.
    """
    mine = np.flatnonzero(dataset.group == slide)
    if not len(mine):
        raise KeyError(slide)
    x, y = (dataset.columns[name][mine].astype(int) // _STEP for name in ("x", "y"))
    grid = np.full((y.max() - y.min() + 1, x.max() - x.min() + 1), np.nan)
    grid[y - y.min(), x - x.min()] = values[mine]
    return grid


def telling(chances: np.ndarray, target: np.ndarray, each: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the surest right and the surest wrong answers, at most `each` of either, surest first.

    `chances` (N, C) in [0, 1], `target` (N,). Of each class said, the surest one first, so that one easy class does
    not fill the row.
    """
    said, sure = chances.argmax(axis=1), chances.max(axis=1)
    picked = []
    for wanted in (said == target, said != target):
        rows = np.flatnonzero(wanted)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
        rank = np.zeros(len(rows), int)
        for k in np.unique(said[rows]):
            mine = said[rows] == k
            rank[mine] = np.arange(mine.sum())
        picked.append(rows[np.argsort(rank, kind="stable")][:each])
    return picked[0], picked[1]


def look(card: Card, dataset: Dataset, index: int) -> Look:
    """Ask the model of `card` about one image of `dataset`, as the app would, with the map of what it said.

    Raises RefusedImage for a file that the app refuses.
    """
    from util.prediction import Metadata

    data = Path(dataset.folder, dataset.paths[index]).read_bytes()
    person = dataset.metadata[index] if card.metadata and dataset.metadata else Metadata()
    return look_at(card, data, dataset.labels[dataset.target[index]], dataset.paths[index], person)


def look_at(card: Card, data: bytes, truth: str = "", path: str = "", person=None) -> Look:
    """`look` for the bytes of any image file; `truth` its class where it has one, `person` its Metadata likewise."""
    from util.explanation import border_share, grad_cam
    from util.imaging import decode
    from util.modelstore import open_network
    from util.prediction import predict
    from util.preparation import prepare

    network = open_network(card)
    prepared = prepare(decode(data, minimum_side=1), card.preparation)
    answer = predict(network, prepared, person)
    found = grad_cam(network, answer, answer.top)
    chances = answer.raw if answer.calibrated is None else answer.calibrated
    return Look(
        path,
        truth,
        card.labels[answer.top],
        float(chances[answer.top]),
        found.heat,
        prepared.pixels,
        found.empty,
        border_share(found.heat),
    )


def look_rows(found: Sequence[Look]) -> list[dict[str, object]]:
    """One row a look: truth, what was said, its probability, and the share of the map's energy on the frame.

    An even map has 0.36 there; None where the map is empty.
    """
    return [
        {
            "truth": one.truth,
            "said": one.said,
            "probability": round(one.probability, 2),
            "on the frame": None if one.border is None else round(one.border, 2),
        }
        for one in found
    ]
