"""Where the maps of a whole part lie: on the lungs or the lesion, beside them, on the frame.

A network may be right for a reason that is not in the patient. A map with more than half of its energy outside the
lung fields counts as a failure, and so does one that sits on the frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from util.explanation import border_share, inside_share, lung_mask
from util.explanation.grad_cam import cam, enlarged
from util.modelstore import open_network
from util.modelstore.card import Card
from util.prediction.arithmetic import decide, probabilities
from util.preparation import Prepared
from util.training.dataset import Dataset
from util.training.evaluation.asking import batches, metadata_rows, pixels_of, prepared
from util.training.evaluation.tone import known_mask

# What a map is measured against.
MASKS = {"chest": "lungs", "skin": "lesion"}


def focus_rows(card: Card, dataset: Dataset, *, images: int = 600, seed: int = 0) -> dict[str, object] | None:
    """Shares of Grad-CAM maps that lie elsewhere, on at most `images`; None for a modality without masks.

    {"images", "mask", "rows": [{"of", "n", "empty", "outside_half", "outside_mean", "border_half", "border_mean",
    "even_map", "peak_inside"}]}: `outside_half` is the share of maps with more than half of their energy outside the
    mask, `even_map` what a map without any preference would have outside. Maps are those that the app shows: of
    the dangerous class with two classes, else of the most probable one. Rows: all, and those decided dangerous or not.
    """
    if card.modality not in MASKS:
        return None
    rng = np.random.default_rng(seed)
    part = dataset.take(np.sort(rng.choice(len(dataset), min(images, len(dataset)), replace=False)))
    measured = [one for one in maps(card, part) if one["mask"] is not None]
    if not measured:
        return None
    rows = [_summary("all", measured)]
    for name, wanted in (("dangerous", True), ("other", False)):
        some = [one for one in measured if one["dangerous"] is wanted]
        if some:
            rows.append(_summary(name, some))
    return {"images": len(measured), "mask": MASKS[card.modality], "rows": rows}


def maps(card: Card, dataset: Dataset, targets: np.ndarray | None = None):
    """One mapping an image: `heat` (S, S), `pixels` (S, S, 3), `mask` (S, S) or None, `dangerous`, `target`, `index`.

    Grad-CAM (Selvaraju et al. 2017) of `targets` (N,), or of the class that the app would speak of. Chest masks are
    estimated lung fields, skin masks the drawn ones of the data.
    """
    network, rows = open_network(card), metadata_rows(card, dataset)
    danger = [card.labels.index(label) for label in card.danger]
    for part in batches(len(dataset)):
        ready = [prepared(pixels_of(dataset, index), card) for index in part]
        pixels = np.stack([one.pixels for one in ready])
        row = None if rows is None else rows[part].astype(np.float32)
        features, scores, _ = network.answer(pixels, row)
        decided = decide(scores, card)
        shown = probabilities(scores, card).argmax(axis=1) if targets is None else targets[part]
        if targets is None and len(card.labels) == 2:
            shown = np.full(len(part), danger[0])
        slopes = np.zeros_like(features)
        for target in np.unique(shown):
            mine = shown == target
            given = None if row is None else row[mine]
            slopes[mine] = network.scores_and_gradient(features[mine], given, int(target))[1]
        for i, index in enumerate(part):
            grid = cam(features[i], slopes[i].mean(axis=(0, 1)))
            yield {
                "heat": enlarged(grid, card.input.height, card.input.width),
                "pixels": ready[i].pixels,
                "mask": mask_of(card, dataset, int(index), ready[i]),
                "dangerous": bool(decided[i] in danger),
                "target": int(shown[i]),
                "index": int(index),
            }


def mask_of(card: Card, dataset: Dataset, index: int, ready: Prepared) -> np.ndarray | None:
    """Boolean (S, S): the lungs, estimated, or the drawn lesion as `ready` shows it; None where there is none."""
    if card.modality == "chest":
        return lung_mask(ready.pixels)
    drawn = known_mask(dataset, index) if card.modality == "skin" else None
    if drawn is None or ready.padded:
        return None
    left, top, right, bottom = (round(edge) for edge in ready.window)
    seen = drawn[top:bottom, left:right]
    if not seen.any() or seen.all():
        return None
    size = ready.pixels.shape[1], ready.pixels.shape[0]
    return cv2.resize(seen.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)


def _summary(name: str, measured: list[dict[str, object]]) -> dict[str, object]:
    told = [one for one in measured if one["heat"].any()]
    outside = np.array([1 - inside_share(one["heat"], one["mask"]) for one in told])
    border = np.array([border_share(one["heat"]) for one in told])
    inside = [one["mask"].ravel()[np.abs(one["heat"]).argmax()] for one in told]
    row: dict[str, object] = {"of": name, "n": len(measured), "empty": len(measured) - len(told)}
    if told:
        shares = {
            "outside_half": (outside > 0.5).mean(),
            "outside_mean": outside.mean(),
            "border_half": (border > 0.5).mean(),
            "border_mean": border.mean(),
            "peak_inside": np.mean(inside),
        }
        row |= {key: round(float(value), 4) for key, value in shares.items()}
    row["even_map"] = round(float(np.mean([1 - one["mask"].mean() for one in measured])), 4)
    return row
