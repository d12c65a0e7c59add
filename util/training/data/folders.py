"""Folders with one sub-folder a class, and what lies in them."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from util.modelstore.plain import is_file
from util.training.data_root import DataError

# What may be tried; whether it can be read is told by content (`util.imaging.decode`).
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".dcm"}
FEWEST, MOST = 2, 20
_PARTS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation",
    "validation": "validation", "test": "test", "testing": "test",
}  # fmt: skip


def natural(text: str) -> list:
    """A key that sorts "slide 9" before "slide 10"."""
    return [int(piece) if piece.isdecimal() else piece.casefold() for piece in re.split(r"(\d+)", text)]


def sub_folders(folder: Path) -> list[Path]:
    """The sub-folders of `folder` in natural order, without hidden ones and what macOS leaves in archives."""
    if not os.path.isdir(folder):
        return []
    found = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith((".", "__MACOSX"))]
    return sorted(found, key=lambda path: natural(path.name))


def images_in(folder: Path) -> list[Path]:
    """The image files that lie in `folder` itself, by their suffix, in natural order."""
    found = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]
    found = [path for path in found if is_file(path)]
    return sorted(found, key=lambda path: natural(path.name))


def class_folders(folder: Path, fewest: int = FEWEST) -> dict[str, list[Path]] | None:
    """Class name to image files, of a folder with one sub-folder a class; None where no sub-folder holds images.

    Raises DataError for fewer than `fewest` or more than 20 classes, and for a class folder without an image.
    """
    found = {sub.name: images_in(sub) for sub in sub_folders(folder)}
    if not any(found.values()):
        return None
    if not fewest <= len(found) <= MOST:
        raise DataError(
            "training.class_count", folder=str(folder), received=len(found), fewest=fewest, most=MOST
        )
    if empty := [name for name, images in found.items() if not images]:
        raise DataError("training.empty_class", received=str(folder / empty[0]))
    return found


def split_folders(folder: Path) -> dict[str, Path] | None:
    """The folders of the parts "train", "validation", "test" where `folder` holds these and nothing else, else None.

    Without this, `train` and `test` would be taken for two classes.
    """
    found = {sub.name: _PARTS.get(sub.name.lower()) for sub in sub_folders(folder)}
    parts = {part: folder / name for name, part in found.items() if part}
    return parts if "train" in parts and len(parts) == len(found) > 1 else None


def folder_images(folder: Path) -> list[tuple[str, Path, str]]:
    """(part, file, class) of every image in class folders; part "" or, in folders of parts, that part's name.

    [] where there are no class folders; DataError as in `class_folders`, and for a class that the training part lacks.
    """
    split = split_folders(folder)
    if split is None:
        found = class_folders(folder) or {}
        return [("", path, label) for label, paths in found.items() for path in paths]
    # A part that is not trained on may lack a class.
    classes = {part: class_folders(sub, FEWEST if part == "train" else 1) for part, sub in split.items()}
    known = classes["train"] or {}
    for found in classes.values():
        if unknown := set(found or {}) - set(known):
            raise DataError("training.unknown_label", received=min(unknown), known=", ".join(known))
    return [
        (part, path, label)
        for part, found in classes.items()
        for label, paths in (found or {}).items()
        for path in paths
    ]


def same_files(paths: Sequence[Path], folder: Path) -> list[str]:
    """For each file the path, relative to `folder`, of the first one of the same content: most often its own.

    Only files of equal size are read.
    """
    names = [path.relative_to(folder).as_posix() for path in paths]
    by_size = defaultdict(list)
    for index, path in enumerate(paths):
        by_size[path.stat().st_size].append(index)
    for alike in by_size.values():
        if len(alike) > 1:
            first: dict[str, str] = {}
            for index in alike:
                content = hashlib.sha256(paths[index].read_bytes()).hexdigest()
                names[index] = first.setdefault(content, names[index])
    return names
