"""Breast, slide by slide: a row a slide, the natural prevalence, and whole slides redrawn by a network new to them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from util.training.dataset import Dataset
from util.training.metrics import area_under_roc
from util.training.studies.crossfit import CrossFitted
from util.training.studies.runs import Answers

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
        "complete": [
            {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in whole
        ],
        "maps": maps,
    }


def draw_map(dataset: Dataset, said: Answers, decided: CrossFitted, slide: str, file: Path) -> Path:
    """One slide as three pictures side by side: its tissue, the probability (blue 0, red 1), its labels.

    Probabilities are those of a network that never saw the slide. The picture holds real tissue: for the run folder
    only, never for the project.
    """
    from PIL import Image, ImageDraw

    where = {path: i for i, path in enumerate(said.path.tolist())}
    rows = [i for i in np.flatnonzero(dataset.group == slide) if dataset.paths[i] in where]
    place = np.array([[int(dataset.columns[c][i]) for c in ("x", "y")] for i in rows]) // _STEP
    place -= place.min(axis=0)
    wide, high = place.max(axis=0) + 1
    tissue = np.full((high * _CELL, wide * _CELL, 3), 255, np.uint8)
    chance, label = tissue.copy(), tissue.copy()
    for (x, y), i in zip(place.tolist(), rows, strict=True):
        box = np.s_[y * _CELL : (y + 1) * _CELL, x * _CELL : (x + 1) * _CELL]
        with Image.open(dataset.folder / dataset.paths[i]) as patch:
            small = patch.convert("RGB").resize((_CELL, _CELL), Image.Resampling.BOX)
        tissue[box] = np.asarray(small)
        chance[box] = blue_to_red(decided.chances[where[dataset.paths[i]], 1])
        label[box] = blue_to_red(float(dataset.target[i]))
    gap = np.full((high * _CELL, _CELL, 3), 255, np.uint8)
    picture = np.concatenate([tissue, gap, chance, gap, label], axis=1)
    head = np.full((2 * _CELL, picture.shape[1], 3), 255, np.uint8)
    drawn = Image.fromarray(np.concatenate([head, picture]))
    pen = ImageDraw.Draw(drawn)
    for k, words in enumerate((f"slide {slide}", "p(carcinoma)", "labels")):
        pen.text((k * (wide + 1) * _CELL + 2, 4), words, fill=(0, 0, 0))
    drawn.save(file)
    return file


def blue_to_red(chance: float) -> np.ndarray:
    """A colour, uint8 (3,), from blue (0) over grey (0.5) to red (1), apart for colour-blind eyes too."""
    low, middle, high = np.array([33, 102, 172]), np.array([224, 224, 224]), np.array([178, 24, 43])
    away = abs(chance - 0.5) * 2
    return np.rint(middle + away * ((high if chance > 0.5 else low) - middle)).astype(np.uint8)
