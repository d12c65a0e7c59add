"""Counts of an indexed data set, and a small part of it that keeps its folds and its groups."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from util.modelstore.card import Evaluation
from util.training.dataset import CLASSES, Dataset, parts, read_index
from util.training.places import way_to

_FILES = ("path", "mask", "full_frame")  # columns of an index that name files beside it


def class_balance(dataset: Dataset) -> list[dict[str, object]]:
    """One row a class: images of the training, validation and test part, groups, images a group, share in [0, 1]."""
    split = parts(dataset)
    rows = []
    for index, label in enumerate(dataset.labels):
        mine = dataset.target == index
        counts = {name: int((part.target == index).sum()) for name, part in split.items()}
        groups = len(np.unique(dataset.group[mine]))
        share = round(float(mine.mean()), 4)
        a_group = round(float(mine.sum()) / max(groups, 1), 2)
        rows.append({"class": label, **counts, "groups": groups, "images_a_group": a_group, "share": share})
    return rows


def crosstab(dataset: Dataset, column: str) -> list[dict[str, object]]:
    """One row a value of the index column `column` ("" is said as "missing"): images of each class, and their groups.

    Raises KeyError for a column that the index lacks.
    """
    rows = []
    for value in np.unique(dataset.columns[column]):
        mine = dataset.columns[column] == value
        counts = np.bincount(dataset.target[mine], minlength=len(dataset.labels))
        rows.append(
            {
                column: str(value) or "missing",
                **{label: int(n) for label, n in zip(dataset.labels, counts, strict=True)},
                "groups": len(np.unique(dataset.group[mine])),
            }
        )
    return rows


def evenly(dataset: Dataset, images: int, seed: int = 0) -> Dataset:
    """At most `images` images, as many of each class as there are, drawn without replacement, in the index's order."""
    return dataset.take(_drawn(dataset.target, images, seed))


def small_part(root: Path, modality: str, folder: Path, images: int | None, seed: int = 0) -> Path:
    """A data root in `folder` with about `images` images of `<root>/<modality>`: an index that points at the files.

    Drawn evenly over folds and classes, each image in the fold it had, so that no group comes to lie in two; None
    keeps everything and returns `root` itself. Nothing is copied. Raises DataError as `read_index` does.
    """
    dataset = read_index(root, modality)
    if images is None or len(dataset) <= images:
        return root
    here = folder / modality
    here.mkdir(parents=True, exist_ok=True)
    cells = np.unique(dataset.fold * len(dataset.labels) + dataset.target, return_inverse=True)[1]
    start = way_to(dataset.folder, here)
    with (here / "index.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(dataset.columns))
        writer.writeheader()
        for i in _drawn(cells, images, seed):
            row = {name: str(column[i]) for name, column in dataset.columns.items()}
            files = {name: row[name] for name in _FILES if row.get(name)}
            writer.writerow(row | {name: Path(start, path).as_posix() for name, path in files.items()})
    if (dataset.folder / CLASSES).is_file():
        shutil.copyfile(dataset.folder / CLASSES, here / CLASSES)
    return folder


def _drawn(cell: np.ndarray, images: int, seed: int) -> np.ndarray:
    """Rising indices of at most `images` of the N rows, drawn as evenly over the values of `cell` (N,) as can be."""
    rng = np.random.default_rng(seed)
    queues = [rng.permutation(np.flatnonzero(cell == value)) for value in np.unique(cell)]
    rank = np.concatenate([np.arange(len(queue)) for queue in queues])
    return np.sort(np.concatenate(queues)[np.argsort(rank, kind="stable")][:images])


def figure_rows(evaluation: Evaluation, beside: Evaluation | None = None) -> list[dict[str, object]]:
    """One row a figure of `evaluation`: its value, its 95 % interval, and the value of the same figure in `beside`."""
    rows = []
    for name, figure in evaluation.figures.items():
        row = {"figure": name, "value": figure.value, "low": figure.low, "high": figure.high}
        if beside is not None:
            row["beside"] = beside.figures[name].value if name in beside.figures else None
        rows.append(row)
    return rows


def readable(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """`rows` with every [value, low, high] as "0.67 (0.62 to 0.73)", every [value] as "0.67"; the rest as it is."""
    return [
        {name: _told(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in rows
    ]


def _told(figure: Sequence[float]) -> str:
    value, *interval = (f"{number:.2f}" for number in figure)
    return f"{value} ({' to '.join(interval)})" if interval else value
