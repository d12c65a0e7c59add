"""Breast, slide by slide: a row a slide, the natural prevalence, and whole slides redrawn by a network new to them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from util.training.dataset import Dataset
from util.training.metrics import area_under_roc
from util.training.studies.crossfit import CrossFitted
from util.training.studies.runs import Answers

if TYPE_CHECKING:
    from PIL import Image

# The slides of which every patch is there; the others are samples, some rich in positives (FIELD.md 3).
COMPLETE = ("8864", "10253", "10254", "14082")
_CELL = 12  # pixels a patch in a redrawn map
_STEP = 50  # pixels between patches in the slide


def natural_prevalence(dataset: Dataset) -> float | None:
    """The share of positive patches in the slides that are complete; None where the data has none of them."""
    whole = np.isin(dataset.group, COMPLETE)
    return float(dataset.target[whole].mean()) if whole.any() else None


def per_slide(said: Answers, fold: np.ndarray, decided: CrossFitted) -> list[dict[str, object]]:
    """One row a slide: fold, patches, positives, sensitivity, specificity, balanced accuracy, AUC, mean probability.

    What a slide with one class only cannot show is None.
    """
    rows = []
    for slide in np.unique(said.group):
        mine = said.group == slide
        sick, said_sick = said.target[mine] == 1, decided.decided[mine] == 1
        chance = decided.chances[mine, 1]
        sensitivity = float(said_sick[sick].mean()) if sick.any() else None
        specificity = float((~said_sick[~sick]).mean()) if (~sick).any() else None
        both = sensitivity is not None and specificity is not None
        rows.append(
            {
                "slide": str(slide),
                "fold": int(fold[mine][0]),
                "patches": int(mine.sum()),
                "positives": int(sick.sum()),
                "sensitivity": sensitivity,
                "specificity": specificity,
                "balanced_accuracy": (sensitivity + specificity) / 2 if both else None,
                "auc": area_under_roc(chance, sick) if both else None,
                "mean_probability": float(chance.mean()),
            }
        )
    return rows


def write(
    folder: Path, dataset: Dataset, said: Answers, fold: np.ndarray, decided: CrossFitted
) -> dict[str, object]:
    """Write `slides.csv` and a map of every complete slide into `folder`; what the slides say together."""
    rows = per_slide(said, fold, decided)
    with (folder / "slides.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        for row in rows:
            writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    maps = [
        draw_map(dataset, said, decided, slide, folder / f"slide_{slide}.png").name
        for slide in COMPLETE
        if (said.group == slide).any()
    ]
    grids = [grid(dataset, said, fold, decided, slide) for slide in COMPLETE if (said.group == slide).any()]
    both = np.array([row["balanced_accuracy"] for row in rows if row["balanced_accuracy"] is not None])
    whole = [row for row in rows if row["slide"] in COMPLETE]
    return {
        "slides": len(rows),
        "with_both_classes": len(both),
        "balanced_accuracy_quantiles": {
            q: round(float(np.quantile(both, q / 100)), 4) for q in (5, 25, 50, 75, 95)
        }
        if len(both)
        else {},
        "complete": [_rounded(row) for row in whole],
        "maps": maps,
        # For the Models page: the table and the maps as numbers, in which no picture of tissue is.
        "table": [_rounded(row) for row in rows],
        "grids": grids,
    }


def _rounded(row: dict[str, object]) -> dict[str, object]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}


def grid(
    dataset: Dataset, said: Answers, fold: np.ndarray, decided: CrossFitted, slide: str
) -> dict[str, object]:
    """One slide as text: {"slide", "fold", "patches", "chance", "labels"}, one string a row of patches, from above.

    `chance` has two digits a patch, its probability in hundredths (99 for 1), ".." where there is none; `labels` has
    one character: 0, 1 or ".". What is empty at the end of a row is left away. Probabilities are those of a network
    that never saw the slide.
    """
    chances = dict(zip(said.path.tolist(), decided.chances[:, 1].tolist(), strict=True))
    place, rows = _places(dataset, chances, slide)
    wide, high = place.max(axis=0) + 1
    chance, label = (np.full((high, wide), mark, object) for mark in ("..", "."))
    for (x, y), i in zip(place.tolist(), rows, strict=True):
        chance[y, x] = f"{min(round(100 * chances[dataset.paths[i]]), 99):02d}"
        label[y, x] = str(int(dataset.target[i]))
    return {
        "slide": slide,
        "fold": int(fold[said.group == slide][0]),
        "patches": len(rows),
        "chance": ["".join(line).rstrip(".") for line in chance],
        "labels": ["".join(line).rstrip(".") for line in label],
    }


def _places(dataset: Dataset, said: Mapping[str, float], slide: str) -> tuple[np.ndarray, list[int]]:
    """Column and row (n, 2) of the patches of `slide` whose paths are in `said`, and their rows in the data."""
    rows = [i for i in np.flatnonzero(dataset.group == slide).tolist() if dataset.paths[i] in said]
    place = np.array([[int(dataset.columns[c][i]) for c in ("x", "y")] for i in rows]) // _STEP
    return place - place.min(axis=0), rows


def draw_map(dataset: Dataset, said: Answers, decided: CrossFitted, slide: str, file: Path) -> Path:
    """One slide as three pictures side by side: its tissue, the probability (blue 0, red 1), its labels.

    Probabilities are those of a network that never saw the slide. The picture holds real tissue: for the run folder
    only, never for the project.
    """
    chance = dict(zip(said.path.tolist(), decided.chances[:, 1].tolist(), strict=True))
    picture(dataset, chance, slide).save(file)
    return file


def picture(dataset: Dataset, said: Mapping[str, float], slide: str) -> Image.Image:
    """The picture of `draw_map`, from the probability of each path."""
    from PIL import Image, ImageDraw

    place, rows = _places(dataset, said, slide)
    wide, high = place.max(axis=0) + 1
    tissue = np.full((high * _CELL, wide * _CELL, 3), 255, np.uint8)
    chance, label = tissue.copy(), tissue.copy()
    for (x, y), i in zip(place.tolist(), rows, strict=True):
        box = np.s_[y * _CELL : (y + 1) * _CELL, x * _CELL : (x + 1) * _CELL]
        with Image.open(dataset.folder / dataset.paths[i]) as patch:
            small = patch.convert("RGB").resize((_CELL, _CELL), Image.Resampling.BOX)
        tissue[box] = np.asarray(small)
        chance[box] = blue_to_red(said[dataset.paths[i]])
        label[box] = blue_to_red(float(dataset.target[i]))
    gap = np.full((high * _CELL, _CELL, 3), 255, np.uint8)
    picture = np.concatenate([tissue, gap, chance, gap, label], axis=1)
    head = np.full((2 * _CELL, picture.shape[1], 3), 255, np.uint8)
    drawn = Image.fromarray(np.concatenate([head, picture]))
    pen = ImageDraw.Draw(drawn)
    for k, words in enumerate((f"slide {slide}", "p(carcinoma)", "labels")):
        pen.text((k * (wide + 1) * _CELL + 2, 4), words, fill=(0, 0, 0))
    return drawn


def blue_to_red(chance: float) -> np.ndarray:
    """A colour, uint8 (3,), from blue (0) over grey (0.5) to red (1), apart for colour-blind eyes too."""
    low, middle, high = np.array([33, 102, 172]), np.array([224, 224, 224]), np.array([178, 24, 43])
    away = abs(chance - 0.5) * 2
    return np.rint(middle + away * ((high if chance > 0.5 else low) - middle)).astype(np.uint8)
