"""An indexed data set: one row an image, with its label, its group, its fold and what is known of the patient."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from util.prediction import Metadata
from util.training.data_root import DataError

LABELS: Mapping[str, tuple[str, ...]] = {
    "chest": ("NORMAL", "PNEUMONIA"),
    "skin": ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"),
    "breast": ("0", "1"),
}
# The column that says which images belong together: never on both sides of a split.
GROUPS = {"chest": "patient", "skin": "group", "breast": "slide"}
TEST_FOLD = {"chest": -1, "skin": 0, "breast": 0}
VALIDATION_FOLD = {"chest": 0, "skin": 1, "breast": 1}
_METADATA_COLUMNS = {"skin": {"age", "sex", "site"}}


@dataclass(frozen=True)
class Dataset:
    """`paths` relative to `folder`; `target` (N,) indices into `labels`; `group` (N,) text; `fold` (N,) int.

    `stratum` (N,) text: the groups among which a class shares its draws (see `sampling.stratum_weights`); `metadata`
    one entry an image or None; `columns` all columns of the index, as text.
    """

    modality: str
    folder: Path
    labels: tuple[str, ...]
    paths: tuple[str, ...]
    target: np.ndarray
    group: np.ndarray
    fold: np.ndarray
    stratum: np.ndarray
    metadata: tuple[Metadata, ...] | None
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, keep: np.ndarray) -> Dataset:
        """The rows at `keep` (N,) bool or (n,) int, in that order."""
        index = np.flatnonzero(keep) if keep.dtype == bool else keep
        return replace(
            self,
            paths=tuple(self.paths[i] for i in index),
            target=self.target[index],
            group=self.group[index],
            fold=self.fold[index],
            stratum=self.stratum[index],
            metadata=None if self.metadata is None else tuple(self.metadata[i] for i in index),
            columns={name: column[index] for name, column in self.columns.items()},
        )


def read_index(root: Path, modality: str) -> Dataset:
    """Read `<root>/<modality>/index.csv`.

    Raises DataError, with one sentence, for a missing file or column, an unknown label, a missing image, a fold or an
    age that is no number, or a group that lies in several folds.
    """
    file = root / modality / "index.csv"
    if not file.is_file():
        raise DataError("training.no_index", received=str(file))
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise DataError("training.empty_index", received=str(file))
    needed = {"path", "label", "fold", GROUPS[modality]} | _METADATA_COLUMNS.get(modality, set())
    if missing := needed - set(rows[0]):
        raise DataError("training.missing_column", column=", ".join(sorted(missing)), file=str(file))
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    labels = LABELS[modality]
    if unknown := set(columns["label"]) - set(labels):
        raise DataError("training.unknown_label", received=min(map(str, unknown)), known=", ".join(labels))
    for row in rows:
        if not (file.parent / row["path"]).is_file():
            raise DataError("training.missing_image", received=row["path"])
    group, fold = columns[GROUPS[modality]], np.array([int(_number(row, "fold")) for row in rows])
    check_no_leak(group, fold)
    target = np.array([labels.index(label) for label in columns["label"]])
    # Breast slides differ in stain and in how they were sampled: balance slide x class, not class alone.
    stratum = (
        np.char.add(np.char.add(group, "/"), columns["label"]) if modality == "breast" else columns["label"]
    )
    return Dataset(
        modality,
        file.parent,
        labels,
        tuple(columns["path"]),
        target,
        group,
        fold,
        stratum,
        tuple(metadata_of(row) for row in rows) if modality == "skin" else None,
        columns,
    )


def check_no_leak(group: np.ndarray, fold: np.ndarray) -> None:
    """Raise DataError where one patient, lesion or slide (`group`, (N,)) lies in several folds (`fold`, (N,))."""
    seen: dict[str, int] = {}
    for name, part in zip(group.tolist(), fold.tolist(), strict=True):
        if seen.setdefault(name, part) != part:
            raise DataError("training.leak", group=name, first=str(seen[name]), second=str(part))


def parts(dataset: Dataset, validation_fold: int | None = None, *, refit: bool = False) -> dict[str, Dataset]:
    """`train`, `validation` and `test` parts of an indexed set, disjoint by group.

    With `refit` the training part holds the validation part as well: for a final run, after all choices.
    """
    test = TEST_FOLD[dataset.modality]
    held = VALIDATION_FOLD[dataset.modality] if validation_fold is None else validation_fold
    if held == test or held not in set(dataset.fold.tolist()):
        raise DataError("training.bad_fold", received=str(held), test=str(test))
    return {
        "train": dataset.take((dataset.fold != test) & (refit | (dataset.fold != held))),
        "validation": dataset.take(dataset.fold == held),
        "test": dataset.take(dataset.fold == test),
    }


def metadata_of(row: Mapping[str, str]) -> Metadata:
    """Age in years, sex and site of one row of the skin index; what is empty there is unknown."""
    # ISIC names 'trunk' where it does not know the side: the ninth site, "torso".
    site = row["site"] or ("torso" if row.get("site_detail") == "trunk" else None)
    return Metadata(_number(row, "age") if row["age"] else None, row["sex"] or None, site)


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError):
        raise DataError("training.no_number", column=column, received=str(row[column])) from None
