"""One indexed data set from a folder: `index.csv`, `classes.yaml`, and what the checks found in `checks.yaml`."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from util.training.data import checks, duplicates
from util.training.data.folds import folds_within
from util.training.data.layouts import INDEXED, Found, Row, recognise
from util.training.data.placing import Places, name_of
from util.training.data.signatures import signatures
from util.training.data_root import DataError
from util.training.dataset import CLASSES, TEST_FOLD, read_index
from util.training.places import check_output

INDEX, CHECKS = "index.csv", "checks.yaml"
# Columns of a given index that name files beside it.
_FILES = ("mask", "full_frame")
_WHY = {
    "exact": "equal SHA-256 of the files",
    "near": f"at most {duplicates.HAMMING} of 64 bits of a perceptual hash apart, and grey copies of 32 pixels (also "
    f"turned and mirrored) correlated at {duplicates.CORRELATION} or more: see util/training/data/duplicates.py",
    "not_near": "not searched: patches of one slide are one group already, and patches without structure look alike",
}


def build(
    modality: str,
    source: Path,
    output: Path,
    *,
    layout: str | None = None,
    pattern: str | None = None,
    copy: bool = False,
    workers: int = 2,
    language: str = "en",
    progress: Callable[[Iterable, int], Iterable] = lambda rows, total: rows,
    say: Callable[[str], object] = print,
) -> dict:
    """Index the images of `source` in the folder `output`; returns what the checks found, as `checks.yaml` has it.

    Duplicates and near-duplicates become one group; of a group that lies in a given test part and outside it, the
    images outside are left out. A given index keeps its folds. Images stay where they are unless `copy`. `language` is
    that of what is said, and of the notes in `checks.yaml`.
    Raises DataError, one sentence each, for a folder or table that cannot be used, more than 1 % unreadable images, and
    a leak in a given index.
    """
    check_output(output)
    source, output, found, fold = _read(source, Path(os.path.realpath(output)), modality, layout, pattern)
    names = [name_of(row.path, source) for row in found.rows]
    seen = signatures([row.path for row in found.rows], workers=workers, progress=progress)
    good = np.array([index not in seen.refusals for index in range(len(names))])
    checks.check_refused(names, good, language=language, say=say)
    unreadable = checks.refusal_lines(names, seen.refusals, language)
    there = np.flatnonzero(good)
    rows, names = [found.rows[i] for i in there], [names[i] for i in there]
    twins = _twins(seen.sha256[there], seen.copy[there], modality)

    target = np.array([found.labels.index(row.label) for row in rows])
    group = duplicates.merged(np.array([row.group for row in rows]), twins.pairs)
    if fold is None:
        part = np.array([row.part for row in rows])
        keep = ~(np.isin(group, group[part == "test"]) & (part != "test"))
        fold = np.full(len(rows), TEST_FOLD[modality])
        fold[keep] = folds_within(part[keep], group[keep], target[keep], found.labels, TEST_FOLD[modality])
    else:
        fold, keep = fold[there], np.ones(len(rows), bool)
        checks.check_duplicates_apart(names, fold, twins.pairs)
    report = {
        "modality": modality,
        "layout": found.layout,
        "images": int(keep.sum()),
        "groups": len(np.unique(group[keep])),
        "test_fold": TEST_FOLD[modality],
        "images_of_each_class_in_each_fold": checks.counts(target[keep], fold[keep], found.labels),
        "notes": [note.text(language) for note in found.notes],
        "unreadable": unreadable,
        **twins.named(names, modality),
        "contradicting_labels": checks.contradictions(names, [row.label for row in rows], twins.pairs),
        "left_out_as_copies_of_test_images": [names[i] for i in np.flatnonzero(~keep)],
    }
    output.mkdir(parents=True, exist_ok=True)
    table, places = [], Places(source, output, copy)
    for i in np.flatnonzero(keep):
        row = {"path": places.of(rows[i].path), "label": rows[i].label, "group": group[i], "fold": int(fold[i])}
        width, height = seen.size[there[i]].tolist()
        row |= {"width": width, "height": height} | {k: v for k, v in rows[i].extra.items() if k not in row}
        table.append(row | {name: places.of(Path(row[name])) for name in _FILES if row.get(name)})
    _write(output, table, found, {"modality": modality, "name": source.name}, report)
    return report


@dataclass(frozen=True)
class _Twins:
    """Duplicates: `same` (P, 2) equal files, `alike` (Q, 2) other near-duplicates with their `correlation` (Q,)."""

    same: np.ndarray
    alike: np.ndarray
    correlation: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        return np.concatenate([self.same, self.alike])

    def named(self, names: list[str], modality: str) -> dict[str, dict]:
        """What `checks.yaml` says of them."""
        same = [[names[i], names[j]] for i, j in self.same.tolist()]
        alike = [
            [names[i], names[j], round(float(value), 4)]
            for (i, j), value in zip(self.alike.tolist(), self.correlation, strict=True)
        ]
        why = _WHY["not_near" if modality == "breast" else "near"]
        return {
            "exact_duplicates": {"by": _WHY["exact"], "pairs": same},
            "near_duplicates": {"by": why, "pairs": alike},
        }


def _twins(sha256: np.ndarray, copy: np.ndarray, modality: str) -> _Twins:
    same = duplicates.exact(sha256)
    if modality == "breast":
        return _Twins(same, same[:0], np.zeros(0))
    alike, correlation = duplicates.near(copy)
    further = sha256[alike[:, 0]] != sha256[alike[:, 1]]
    return _Twins(same, alike[further], correlation[further])


def _read(
    given: Path, output: Path, modality: str, layout: str | None, pattern: str | None
) -> tuple[Path, Path, Found, np.ndarray | None]:
    """Both folders, whole; the rows of `given`, and their folds where it has an index with some.

    What is wrong is said of the folder as it was `given`.
    """
    if not os.path.isdir(given):
        raise DataError("training.no_source", received=str(given))
    source = Path(os.path.realpath(given))
    indexed = _index_of(given, modality) is not None
    if layout == INDEXED and not indexed:
        raise DataError("training.no_layout", folder=str(given), layouts=INDEXED)
    if indexed and layout in (None, INDEXED):
        return source, output, *_given(given, output, modality)
    found = recognise(given, modality, layout, pattern)
    rows = tuple(replace(row, path=source / row.path.relative_to(given)) for row in found.rows)
    return source, output, replace(found, rows=rows), None


def _index_of(source: Path, modality: str) -> Path | None:
    files = (source / modality / INDEX, source / INDEX)
    return next((file for file in files if file.is_file()), None)


def _given(source: Path, output: Path, modality: str) -> tuple[Found, np.ndarray]:
    """The rows of an index that is there already, validated, and their folds."""
    data = read_index(source, modality)
    if data.folder.resolve() == output:
        raise DataError("training.output_is_source", received=str(output))
    rows, seen = [], set()
    for index, path in enumerate(data.paths):
        whole = (data.folder / path).resolve()
        if whole in seen:  # by another way, or by a link
            raise DataError("training.path_twice", received=path)
        seen.add(whole)
        extra = {name: str(column[index]) for name, column in data.columns.items()}
        for name in _FILES:
            if extra.get(name):
                extra[name] = str((data.folder / extra[name]).resolve())
        label = data.labels[data.target[index]]
        rows.append(Row(whole, label, str(data.group[index]), "", extra))
    return Found(INDEXED, data.labels, tuple(rows)), data.fold


def _write(output: Path, table: list[dict], found: Found, about: dict, report: dict) -> None:
    columns = list(dict.fromkeys(name for row in table for name in row))
    unfinished = output / f"{INDEX}.part"
    with unfinished.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(table)
    classes = about | {"labels": list(found.labels)}
    for name, content in ((CLASSES, classes), (CHECKS, report)):
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        (output / name).write_text(text, "utf-8")
    # Last and at once: an index that is there is whole.
    unfinished.replace(output / INDEX)
