"""What corruptions and re-storage cost: the same images, changed before preparation, against themselves unchanged."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image

from util.modelstore.card import Card
from util.training.dataset import Dataset
from util.training.evaluation import corruptions
from util.training.evaluation.asking import Change, asked, some
from util.training.evaluation.rows import compared, telling
from util.training.metrics import weighted_figures

KERNELS = ("nearest", "bilinear", "bicubic", "lanczos", "area")
SIZES = (0.5, 1.5, 3.0)
QUALITIES = (30, 50, 70, 85, 95, 100)
_CLEAN = "clean"


def corruption_rows(
    card: Card, dataset: Dataset, *, images: int = 600, draws: int = 1000, seed: int = 0, title: str = ""
) -> dict[str, object]:
    """Every corruption at every strength on at most `images` of `dataset`: figures, and changes against clean ones.

    {"images", "groups", "seed", "clean": figures, "rows": [{"name", "strength", "parameter", figures, "change":
    {figure: [change, low, high]}}]}. Classes are drawn evenly and weighed back (see `asking.some`).
    """
    cells = {
        f"{name}/{strength}": corruptions.change(name, strength)
        for name in corruptions.names(card.modality)
        for strength in corruptions.STRENGTHS
    }
    found, whole = _cells(card, dataset, cells, images, draws, seed, title)
    rows = []
    for key, row in found.items():
        name, _, strength = key.partition("/")
        parameter = corruptions.PARAMETERS[name][int(strength) - 1]
        rows.append({"name": name, "strength": int(strength), "parameter": parameter, **row})
    return {**whole, "rows": rows}


def storage_rows(
    card: Card, dataset: Dataset, *, images: int = 600, draws: int = 1000, seed: int = 0, title: str = ""
) -> dict[str, object]:
    """The same for the ways in which a picture is stored again: kernel and size, JPEG quality, and all by chance.

    Rows are {"kernel", "size", figures, "change"}, {"quality", figures, "change"} and {"name": "mixed", ...}.
    """
    cells: dict[str, Change] = {
        f"{kernel}/{size}": _resize(kernel, size) for kernel in KERNELS for size in SIZES
    }
    cells |= {f"{quality}": _jpeg(quality) for quality in QUALITIES}
    cells["mixed"] = _mixed
    found, whole = _cells(card, dataset, cells, images, draws, seed, title)
    rows = []
    for key, row in found.items():
        kernel, _, size = key.partition("/")
        if size:
            rows.append({"kernel": kernel, "size": float(size), **row})
        else:
            rows.append({"quality": int(key), **row} if key.isdigit() else {"name": key, **row})
    return {**whole, "rows": rows}


def keeps_scale(card: Card) -> bool:
    """Whether the card's chain brings every picture to one scale, so that its size should not matter."""
    return any(entry["step"] == "standard_scale" for entry in card.preparation)


def resampled(pixels: np.ndarray, kernel: str, size: float) -> np.ndarray:
    """`pixels` uint8 at `size` times their sides by one of KERNELS; the first and last without anti-aliasing in
    their own way: nearest takes single pixels, area averages whole cells.
    """
    width, height = (max(1, round(side * size)) for side in (pixels.shape[1], pixels.shape[0]))
    if kernel == "area":
        return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    way = getattr(Image.Resampling, kernel.upper())
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((width, height), way))


def _resize(kernel: str, size: float) -> Change:
    return lambda pixels, rng: resampled(pixels, kernel, size)


def _jpeg(quality: int) -> Change:
    return lambda pixels, rng: corruptions.stored(pixels, quality)


def _mixed(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A kernel, a size from 0.5 to 3 and a quality from 30 to 100, all by chance."""
    size = float(np.exp(rng.uniform(np.log(0.5), np.log(3.0))))
    return corruptions.stored(resampled(pixels, str(rng.choice(KERNELS)), size), int(rng.integers(30, 101)))


def _cells(
    card: Card,
    dataset: Dataset,
    changes: Mapping[str, Change],
    images: int,
    draws: int,
    seed: int,
    title: str,
) -> tuple[dict[str, dict[str, object]], dict[str, object]]:
    rows, weights = some(dataset, images, seed=seed)
    part = dataset.take(rows)
    scores = asked(card, part, {_CLEAN: lambda pixels, rng: pixels, **changes}, seed=seed, title=title)
    clean = scores.pop(_CLEAN)
    found = compared(scores, clean, part.target, part.group, card, draws=draws, weights=weights)
    value = weighted_figures(clean, part.target, card)(weights[None])
    whole = {
        "images": len(part),
        "groups": len(np.unique(part.group)),
        "seed": seed,
        "clean": {name: round(float(value[name][0]), 4) for name in telling(card) if name in value},
    }
    return found, whole
