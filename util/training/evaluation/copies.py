"""Whether a full-size file gets the answer of the small copy that training knew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.imaging import decode
from util.modelstore import open_network
from util.modelstore.card import Card
from util.prediction import Metadata, encode
from util.prediction.arithmetic import band_indices, danger_probability, decide, probabilities
from util.training.dataset import TEST_FOLD, Dataset
from util.training.evaluation.asking import batches, prepared


@dataclass(frozen=True)
class Pair:
    """An `original` file and its small `copy`, what is known of the patient, and whether it is a test file."""

    original: Path
    copy: Path
    metadata: Metadata
    test: bool


def pairs(dataset: Dataset) -> list[Pair]:
    """All pairs that an indexed data set has: native chest films, full skin frames; none for other modalities."""
    found = {"chest": chest_pairs, "skin": skin_pairs}.get(dataset.modality)
    return found(dataset) if found else []


def chest_pairs(dataset: Dataset) -> list[Pair]:
    """Native films in `native_examples/` and their copies of 224 pixels in `images/`, by the same names."""
    folder = dataset.folder
    found = []
    for native in sorted(p for p in (folder / "native_examples").rglob("*") if p.is_file()):
        relative = native.relative_to(folder / "native_examples")
        copy = folder / "images" / relative
        if copy.is_file():
            found.append(Pair(native, copy, Metadata(), relative.parts[0] == "test"))
    return found


def skin_pairs(dataset: Dataset) -> list[Pair]:
    """Frames of 600x450 and their copies of 200x150, by the index's column `full_frame`."""
    frames = dataset.columns.get("full_frame", np.zeros(len(dataset), "U1"))
    known = dataset.metadata or (Metadata(),) * len(dataset)
    return [
        Pair(
            dataset.folder / str(frames[i]),
            dataset.folder / dataset.paths[i],
            known[i],
            bool(dataset.fold[i] == TEST_FOLD["skin"]),
        )
        for i in np.flatnonzero(frames != "")
    ]


def answers_of(card: Card, files: list[Path], metadata: list[Metadata]) -> np.ndarray:
    """Scores (N, units) of whole files as a person would upload them; RefusedImage for one that is none."""
    network = open_network(card)
    found = [np.zeros((0, card.units))]
    for part in batches(len(files)):
        pixels = np.stack([prepared(_decoded(files[i], card), card).pixels for i in part])
        rows = None
        if card.metadata:
            rows = np.stack([np.asarray(encode(metadata[i], card.metadata)).reshape(-1) for i in part])
        found.append(network.forward(pixels, rows)[0])
    return np.concatenate(found).astype(np.float64)


def _decoded(file: Path, card: Card) -> np.ndarray:
    return decode(file.read_bytes(), minimum_side=card.input.minimum_side).pixels


def copy_rows(card: Card, given: list[Pair], part: str = "both") -> list[dict[str, object]]:
    """How alike the answers to originals and copies are: one row for the test files, one for the rest.

    {"part", "n", "same_top", "mean_dp", "max_dp", "same_decision", "same_band"}; dp is the absolute difference of the
    calibrated probability of the copy's most probable class (two classes: of the dangerous one). `part` "test" or
    "rest" asks for one of them alone. No row where there is no pair.
    """
    rows = []
    for name, wanted in (("test", True), ("rest", False)):
        some = [pair for pair in given if pair.test is wanted]
        if not some or part not in ("both", name):
            continue
        known = [pair.metadata for pair in some]
        large = answers_of(card, [pair.original for pair in some], known)
        small = answers_of(card, [pair.copy for pair in some], known)
        rows.append({"part": name, "n": len(some), **_alike(card, large, small)})
    return rows


def _alike(card: Card, large: np.ndarray, small: np.ndarray) -> dict[str, object]:
    chances, copies = probabilities(large, card), probabilities(small, card)
    top = copies.argmax(axis=1)
    index = np.full(len(top), card.labels.index(card.danger[0])) if len(card.labels) == 2 else top
    apart = np.abs(chances - copies)[np.arange(len(top)), index]
    found = {
        "same_top": float((chances.argmax(axis=1) == top).mean()),
        "mean_dp": float(apart.mean()),
        "max_dp": float(apart.max()),
        "same_decision": float((decide(large, card) == decide(small, card)).mean()),
    }
    if card.grey_zone:
        here, there = (
            band_indices(danger_probability(found_, card), card.grey_zone) for found_ in (chances, copies)
        )
        found["same_band"] = float((here == there).mean())
    return {name: round(value, 4) for name, value in found.items()}
