"""Which mistakes a model makes: the pairs it confuses, and those of which it was sure."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from util.explanation import default_colours, overlay
from util.modelstore.card import Card
from util.prediction.arithmetic import decide, probabilities
from util.training.dataset import Dataset
from util.training.evaluation.focus import maps

MOST = 20


def confusion(card: Card, scores: np.ndarray, target: np.ndarray) -> dict[str, object]:
    """{"labels", "counts"}: how many of each class (rows) were decided as each (columns)."""
    size = len(card.labels)
    counts = np.bincount(target * size + decide(scores, card), minlength=size * size).reshape(size, size)
    return {"labels": list(card.labels), "counts": counts.tolist()}


def confused_pairs(
    card: Card, scores: np.ndarray, target: np.ndarray, most: int = MOST
) -> list[dict[str, object]]:
    """The most frequent mistakes: {"truth", "said", "n", "share"}, `share` of the images of the true class."""
    counts = np.array(confusion(card, scores, target)["counts"])
    own = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [
        {
            "truth": card.labels[i],
            "said": card.labels[j],
            "n": int(wrong[i, j]),
            "share": round(float(wrong[i, j] / own[i, 0]), 4),
        }
        for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[i, j]
    ]


def confident_errors(
    card: Card, dataset: Dataset, scores: np.ndarray, most: int = MOST
) -> tuple[list[dict[str, object]], np.ndarray]:
    """The wrong decisions with the largest calibrated probability of what was said, and their rows in the data set.

    Each is {"path", "group", "truth", "said", "p"}.
    """
    decided, chances = decide(scores, card), probabilities(scores, card)
    sure = chances[np.arange(len(decided)), decided]
    wrong = np.flatnonzero(decided != dataset.target)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    rows = [
        {
            "path": dataset.paths[i],
            "group": str(dataset.group[i]),
            "truth": card.labels[dataset.target[i]],
            "said": card.labels[decided[i]],
            "p": round(float(sure[i]), 4),
        }
        for i in order
    ]
    return rows, order


def error_pictures(
    card: Card, dataset: Dataset, rows: np.ndarray, said: list[str], side: int = 120
) -> list[tuple[str, str]]:
    """Each of `rows` as two small pictures, plain and with the Grad-CAM of what was said, as data addresses.

    For a report in a run folder, which nobody commits: these are pictures of the data.
    """
    targets = np.array([card.labels.index(label) for label in said])
    colours = default_colours(card.modality)
    found = []
    for one in maps(card, dataset.take(rows), targets):
        plain = one["pixels"]
        drawn = overlay(plain, one["heat"], 0.55, colours)
        found.append((_address(plain, side), _address(drawn, side)))
    return found


def _address(pixels: np.ndarray, side: int) -> str:
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
