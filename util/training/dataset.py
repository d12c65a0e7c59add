"""An indexed data set: one row an image, with its label, its group, its fold and what is known of the patient."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from util.modelstore.plain import cut, is_file
from util.prediction import Metadata
from util.training.data.folders import FEWEST, MOST, folder_images, natural, same_files
from util.training.data.folds import folds_within
from util.training.data_root import DataError
from util.training.reading import read_rows, read_yaml

LABELS: Mapping[str, tuple[str, ...]] = {
    "chest": ("NORMAL", "PNEUMONIA"),
    "skin": ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"),
    "breast": ("0", "1"),
}
# The column that says which images belong together: never on both sides of a split. A column `group` goes before it.
GROUPS = {"chest": "patient", "skin": "group", "breast": "slide", "own": "group"}
TEST_FOLD = {"chest": -1, "skin": 0, "breast": 0, "own": 0}
VALIDATION_FOLD = {"chest": 0, "skin": 1, "breast": 1, "own": 1}
# Beside an index whose classes are not those of `LABELS`: their names in order.
CLASSES = "classes.yaml"
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
    """The indexed set `<root>/<modality>/index.csv` or `<root>/index.csv`, else one sub-folder a class in either.

    Classes are those of `LABELS`, or of a `classes.yaml` beside the index, or the names of the folders; modality "own"
    takes them from its index. Folders without an index get grouped, stratified folds, the same at every reading, in
    which each image is its own group but for files of the same content. Raises DataError, with one sentence, for a
    missing file or column, an unknown label, a missing image, a path named twice, a fold or an age that is no number,
    a group that lies in several folds, an index of another modality, and classes that are not 2 to 20 or are empty.
    """
    for folder in (root / modality, root):
        if is_file(folder / "index.csv"):
            return _indexed(folder / "index.csv", modality)
    for folder in (root / modality, root):
        if rows := folder_rows(folder, modality):
            return _dataset(folder, modality, tuple(dict.fromkeys(row["label"] for row in rows)), rows)
    raise DataError("training.no_data_set", index=str(root / modality / "index.csv"), folder=str(root))


def _indexed(file: Path, modality: str) -> Dataset:
    rows = read_rows(file)
    if not rows:
        raise DataError("training.empty_index", received=str(file))
    # Before the classes are gathered: an empty cell would be one of them.
    if "label" in rows[0] and (
        bare := [n for n, row in enumerate(rows, 1) if not (row["label"] or "").strip()]
    ):
        raise DataError("training.no_label", file=str(file), row=bare[0])
    own = _own_classes(file.with_name(CLASSES), modality)
    needed = {"path", "label", "fold", _group_column(rows[0], modality)}
    if missing := (needed | (set() if own else _METADATA_COLUMNS.get(modality, set()))) - set(rows[0]):
        raise DataError("training.missing_column", column=", ".join(sorted(missing)), file=str(file))
    labels = own or LABELS.get(modality) or tuple(sorted({row["label"] for row in rows}, key=natural))
    if not FEWEST <= len(labels) <= MOST:
        raise DataError(
            "training.class_count", folder=str(file), received=len(labels), fewest=FEWEST, most=MOST
        )
    data = _dataset(file.parent, modality, labels, rows)
    bare = np.flatnonzero(np.bincount(data.target, minlength=len(labels)) == 0)
    # The classes of a published kind are those of its cards: a set to measure them on may lack some.
    if len(bare) and labels != LABELS.get(modality):
        raise DataError("training.class_without_image", label=labels[bare[0]], where=str(file))
    return data


def _dataset(folder: Path, modality: str, labels: tuple[str, ...], rows: list[dict[str, str]]) -> Dataset:
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if unknown := set(columns["label"]) - set(labels):
        raise DataError(
            "training.unknown_label", received=cut(min(map(str, unknown))), known=", ".join(labels)
        )
    seen: set[str] = set()
    for path in (row["path"] or "" for row in rows):
        if not is_file(folder / path):
            raise DataError("training.missing_image", received=cut(path))
        if (plain := os.path.normpath(path)) in seen:
            raise DataError("training.path_twice", received=path)
        seen.add(plain)
    fold = np.array([_fold(row) for row in rows])
    group = columns[_group_column(rows[0], modality)]
    check_no_leak(group, fold)
    target = np.array([labels.index(label) for label in columns["label"]])
    # Breast slides differ in stain and in how they were sampled: balance slide x class, not class alone.
    stratum = (
        np.char.add(np.char.add(group, "/"), columns["label"]) if modality == "breast" else columns["label"]
    )
    asked = _METADATA_COLUMNS.get(modality)
    known = asked is not None and set(rows[0]) >= asked
    return Dataset(
        modality,
        folder,
        labels,
        tuple(columns["path"]),
        target,
        group,
        fold,
        stratum,
        tuple(metadata_of(row) for row in rows) if known else None,
        columns,
    )


def _group_column(row: Mapping[str, str], modality: str) -> str:
    return "group" if "group" in row else GROUPS[modality]


def _own_classes(file: Path, modality: str) -> tuple[str, ...] | None:
    """The classes that stand in `file`, in order; None where there is no such file."""
    if not file.is_file():
        return None
    try:
        said = read_yaml(file)
    except DataError:
        said = None
    labels = said.get("labels") if isinstance(said, Mapping) else None
    if not isinstance(labels, list) or any(isinstance(label, (list, Mapping)) for label in labels):
        raise DataError("training.bad_classes", received=str(file))
    labels, about = tuple(str(label) for label in labels), said.get("modality", modality)
    if len(set(labels)) < len(labels) or not all(label.strip() for label in labels):
        raise DataError("training.class_names", received=str(file))
    if about != modality:
        raise DataError(
            "training.other_data",
            folder=str(file.parent),
            file=file.name,
            received=str(about),
            expected=modality,
        )
    return labels


def folder_rows(folder: Path, modality: str) -> list[dict[str, str]] | None:
    """One row an image of a folder of classes (or of train, validation and test folders of classes), else None.

    Columns path, label, group, fold. The test folder is the test fold, the validation folder the validation fold.
    Raises DataError for classes that are not 2 to 20, empty, or have fewer than three groups.
    """
    found = folder_images(folder)
    if not found:
        return None
    labels = tuple(dict.fromkeys(label for _, _, label in found))
    target = np.array([labels.index(label) for _, _, label in found])
    group = np.array(same_files([path for _, path, _ in found], folder))
    fold = folds_within(np.array([part for part, _, _ in found]), group, target, labels, TEST_FOLD[modality])
    return [
        {"path": path.relative_to(folder).as_posix(), "label": label, "group": name, "fold": str(number)}
        for (_, path, label), name, number in zip(found, group.tolist(), fold.tolist(), strict=True)
    ]


def check_no_leak(group: np.ndarray, fold: np.ndarray) -> None:
    """Raise DataError where one patient, lesion or slide (`group`, (N,)) lies in several folds (`fold`, (N,))."""
    seen: dict[str, int] = {}
    for name, part in zip(group.tolist(), fold.tolist(), strict=True):
        if seen.setdefault(name, part) != part:
            raise DataError("training.leak", group=name, first=str(seen[name]), second=str(part))


def parts(
    dataset: Dataset,
    validation_fold: int | None = None,
    *,
    refit: bool = False,
    split: str = "group",
    kept_out: Sequence[int] | None = None,
) -> dict[str, Dataset]:
    """`train`, `validation` and `test` parts of an indexed set, disjoint by group.

    With `refit` the training part holds the validation part as well: for a final run, after all choices. `split`
    "image" leaks on purpose, for the lesson on leaks: images of one group lie on both sides of training and
    validation, whose figures then flatter; the test part is the same. `kept_out` are the folds that neither train nor
    validate (default: the test fold). Without the test fold among them it is one fold as any other, which is for
    breast alone: its slides are cross-validated whole, by a fixed recipe, after all choices. Raises DataError for a
    validation fold that is not there or kept out.
    """
    test = TEST_FOLD[dataset.modality]
    out = {test} if kept_out is None else set(kept_out)
    if test not in out and dataset.modality != "breast":
        raise DataError("studies.test_fold_trains", test=str(test), modality=dataset.modality)
    if split == "image":
        dataset = replace(dataset, fold=folds_over_images(dataset, kept_out=out))
    held = VALIDATION_FOLD[dataset.modality] if validation_fold is None else validation_fold
    if held in out or held not in set(dataset.fold.tolist()):
        raise DataError(
            "training.bad_fold", received=str(held), test=", ".join(str(fold) for fold in sorted(out))
        )
    outside = np.isin(dataset.fold, sorted(out))
    return {
        "train": dataset.take(~outside & (refit | (dataset.fold != held))),
        "validation": dataset.take(dataset.fold == held),
        "test": dataset.take((dataset.fold == test) & outside),
    }


def folds_over_images(dataset: Dataset, seed: int = 0, *, kept_out: Collection[int] = ()) -> np.ndarray:
    """Folds (N,) dealt out anew among the images of each class outside the test part, whatever their groups: a leak.

    Every fold keeps its number of images of each class, so that only the leak differs; folds `kept_out` stay as they
    are, beside the test part.
    """
    fold, rng = dataset.fold.copy(), np.random.default_rng(seed)
    stays = np.isin(fold, [TEST_FOLD[dataset.modality], *kept_out])
    for label in range(len(dataset.labels)):
        free = np.flatnonzero((dataset.target == label) & ~stays)
        fold[free] = fold[rng.permutation(free)]
    return fold


def metadata_of(row: Mapping[str, str]) -> Metadata:
    """Age in years, sex and site of one row of the skin index; what is empty there is unknown."""
    # ISIC names 'trunk' where it does not know the side: the ninth site, "torso".
    site = row["site"] or ("torso" if row.get("site_detail") == "trunk" else None)
    return Metadata(_number(row, "age") if row["age"] else None, row["sex"] or None, site)


def _fold(row: Mapping[str, str]) -> int:
    value = _number(row, "fold")
    if value != int(value) or not -1 <= value <= 1000:
        raise DataError("training.no_fold", received=cut(row["fold"]))
    return int(value)


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
        if not np.isfinite(value):
            raise ValueError
        return value
    except (TypeError, ValueError):
        raise DataError("training.no_number", column=column, received=cut(str(row[column]))) from None
