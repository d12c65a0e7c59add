"""Tiny noise pictures in the folders in which data sets are published."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int, side: int = 24) -> np.ndarray:
    """Blotches (side, side, 3) uint8 that resemble those of no other seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def save(path: Path, seed: int, side: int = 24) -> Path:
    """`picture(seed)` as a file, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed, side)).save(path)
    return path


def draw_classes(folder: Path, classes: dict[str, int], first: int = 0) -> Path:
    """`folder/<class>/<class>_<number>.png`, all different, numbered from `first` in each class."""
    seed = first
    for label, images in classes.items():
        for number in range(images):
            save(folder / label / f"{label}_{first + number}.png", seed)
            seed += 1
    return folder


def write_table(file: Path, header: tuple, rows: list) -> Path:
    """A CSV table."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return file


def read_table(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV table."""
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
