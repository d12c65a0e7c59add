"""One indexed data set from a folder: `index.csv`, `classes.yaml`, and what the checks found in `checks.yaml`."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import yaml

from util.training.data import checks, duplicates
from util.training.data.folds import folds_within
from util.training.data.layouts import INDEXED, Found, Row, recognise
from util.training.data.signatures import signatures
from util.training.data_root import DataError
from util.training.dataset import CLASSES, TEST_FOLD, read_index

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
    progress: Callable[[Iterable, int], Iterable] = lambda rows, total: rows,
    say: Callable[[str], object] = print,
) -> dict:
    """Index the images of `source` in the folder `output`; returns what the checks found, as `checks.yaml` has it.

    Duplicates and near-duplicates become one group; of a group that lies in a given test part and outside it, the
    images outside are left out. A given index keeps its folds. Images stay where they are unless `copy`.
    Raises DataError, one sentence each, for a folder or table that cannot be used, more than 1 % unreadable images, and
    a leak in a given index.
    """
    source, output = source.resolve(), output.resolve()
    if layout == INDEXED or (layout is None and _index_of(source, modality)):
        found, fold = _given(source, output, modality)
    else:
        found, fold = recognise(source, modality, layout, pattern), None
    rows, names = list(found.rows), [_name(row.path, source) for row in found.rows]
    seen = signatures([row.path for row in rows], workers=workers, progress=progress)
    good = np.array([index not in seen.refusals for index in range(len(rows))])
    checks.check_refused(names, good, say=say)
    unreadable = checks.refusal_lines(names, seen.refusals)
    rows, names = [rows[i] for i in np.flatnonzero(good)], [names[i] for i in np.flatnonzero(good)]

    same = duplicates.exact(seen.sha256[good])
    alike, values = (same[:0], []) if modality == "breast" else duplicates.near(seen.copy[good])
    known = {tuple(pair) for pair in same.tolist()}
    pairs = np.unique(np.concatenate([same, alike]), axis=0)
    target = np.array([found.labels.index(row.label) for row in rows])
    group = duplicates.merged(np.array([row.group for row in rows]), pairs)
    keep = np.ones(len(rows), bool)
    if fold is None:
        part = np.array([row.part for row in rows])
        keep = ~(np.isin(group, group[part == "test"]) & (part != "test"))
        fold = np.full(len(rows), TEST_FOLD[modality])
        fold[keep] = folds_within(part[keep], group[keep], target[keep], found.labels, TEST_FOLD[modality])
    else:
        fold = fold[good]
        checks.check_duplicates_apart(names, fold, pairs)
    report = {
        "modality": modality,
        "layout": found.layout,
        "images": int(keep.sum()),
        "groups": len(np.unique(group[keep])),
        "test_fold": TEST_FOLD[modality],
        "images_of_each_class_in_each_fold": checks.counts(target[keep], fold[keep], found.labels),
        "notes": list(found.notes),
        "unreadable": unreadable,
        "exact_duplicates": {
            "by": _WHY["exact"],
            "pairs": [[names[i], names[j]] for i, j in same.tolist()],
        },
        "near_duplicates": {
            "by": _WHY["not_near" if modality == "breast" else "near"],
            "pairs": [
                [names[i], names[j], round(float(value), 4)]
                for (i, j), value in zip(alike.tolist(), values, strict=True)
                if (i, j) not in known
            ],
        },
        "contradicting_labels": checks.contradictions(names, [row.label for row in rows], pairs),
        "left_out_as_copies_of_test_images": [names[i] for i in np.flatnonzero(~keep)],
    }
    output.mkdir(parents=True, exist_ok=True)
    sizes = seen.size[good]
    table = []
    for i in np.flatnonzero(keep):
        place = _place(rows[i].path, names[i], output, copy)
        row = {"path": place, "label": rows[i].label, "group": group[i], "fold": int(fold[i])}
        width, height = sizes[i].tolist()
        row |= {"width": width, "height": height} | {k: v for k, v in rows[i].extra.items() if k not in row}
        table.append(row | _beside(row, source, output, copy))
    _write(output, table, found, modality, report)
    return report


def _index_of(source: Path, modality: str) -> Path | None:
    files = (source / modality / INDEX, source / INDEX)
    return next((file for file in files if file.is_file()), None)


def _given(source: Path, output: Path, modality: str) -> tuple[Found, np.ndarray]:
    """The rows of an index that is there already, validated, and their folds."""
    data = read_index(source, modality)
    if data.folder.resolve() == output:
        raise DataError("training.output_is_source", received=str(output))
    rows = []
    for index, path in enumerate(data.paths):
        extra = {name: str(column[index]) for name, column in data.columns.items()}
        for name in _FILES:
            if extra.get(name):
                extra[name] = str((data.folder / extra[name]).resolve())
        label = data.labels[data.target[index]]
        rows.append(Row((data.folder / path).resolve(), label, str(data.group[index]), "", extra))
    return Found(INDEXED, data.labels, tuple(rows)), data.fold


def _name(path: Path, source: Path) -> str:
    return Path(os.path.relpath(path, source)).as_posix()


def _place(path: Path, name: str, output: Path, copy: bool) -> str:
    """What the index calls `path`: its way from `output`, or that of a copy made there."""
    if copy:
        # A given index may name files outside its folder: their copies lie inside all the same.
        to = output / "images" / Path(*[piece for piece in Path(name).parts if piece != ".."])
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        return to.relative_to(output).as_posix()
    try:
        return Path(os.path.relpath(path, output)).as_posix()
    except ValueError:  # another drive of Windows: there is no way from one to the other
        return path.as_posix()


def _beside(row: dict, source: Path, output: Path, copy: bool) -> dict[str, str]:
    files = {name: Path(row[name]) for name in _FILES if row.get(name)}
    return {name: _place(path, _name(path, source), output, copy) for name, path in files.items()}


def _write(output: Path, table: list[dict], found: Found, modality: str, report: dict) -> None:
    columns = list(dict.fromkeys(name for row in table for name in row))
    unfinished = output / f"{INDEX}.part"
    with unfinished.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(table)
    classes = {"modality": modality, "labels": list(found.labels)}
    for name, content in ((CLASSES, classes), (CHECKS, report)):
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        (output / name).write_text(text, "utf-8")
    # Last and at once: an index that is there is whole.
    unfinished.replace(output / INDEX)
