"""Tiny indexed data sets drawn into a folder, with groups and folds, for tests that train for a step or two."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

LABELS = {
    "chest": ("NORMAL", "PNEUMONIA"),
    "breast": ("0", "1"),
    "skin": ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"),
}
GROUP = {"chest": "patient", "breast": "slide", "skin": "group"}

# What every tiny run is: 32 pixels, a small CNN from scratch, two steps an epoch.
TINY = "model=cnn img_size=32 epochs=1 images_per_epoch=16 batch_size=8 ema=0 weights=none".split()
TINY += ["mixing=null", "restarts=[]"]


def draw_set(
    root: Path, modality: str, folds: tuple[int, ...], groups_a_fold: int = 4, images: int = 4
) -> Path:
    """`root/<modality>` with an index: in each fold some groups of images, classes in turn, brighter with the class.

    Groups of breast are slides on a grid; the first slides of the folds 1 to 3 have the names of complete ones.
    """
    folder, rng, rows = root / modality, np.random.default_rng(0), []
    (folder / "images").mkdir(parents=True)
    complete = {(1, 0): "8864", (3, 0): "10253", (0, 0): "10254"}
    for fold in folds:
        for number in range(groups_a_fold):
            group = complete.get((fold, number), f"g{fold + 1}{number}")
            for k in range(images):
                label = (number * images + k) % len(LABELS[modality])
                pixels = rng.normal(70 + 120 * label / len(LABELS[modality]), 25, (50, 50, 3))
                name = f"images/{group}_{k}.png"
                Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / name)
                row = {"path": name, "label": LABELS[modality][label], GROUP[modality]: group, "fold": fold}
                row |= {"x": 51 + 50 * (k % 2), "y": 101 + 50 * (k // 2)} if modality == "breast" else {}
                row |= {"age": "50", "sex": "male", "site": ""} if modality == "skin" else {}
                rows.append(row)
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return root


@contextmanager
def quickly(store: Path) -> Iterator[None]:
    """Prepared images in a store of their own, and no graphs: tracing one costs more than two steps do."""
    import tensorflow as tf

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("util.training.prepared_store.CACHE", store)
        tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(False)
