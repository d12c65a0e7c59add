"""A network asked about pictures that were changed before preparation, as a person's file would be."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from util.imaging import decode
from util.imaging.photograph import Facts, Photograph
from util.modelstore import open_network
from util.modelstore.card import Card
from util.prediction import Metadata, encode
from util.preparation import Prepared, prepare
from util.training.dataset import Dataset

# A picture uint8 (H, W) or (H, W, 3) and chance, to a picture.
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
_WORKERS = 2
_BATCH = 32


def pixels_of(dataset: Dataset, index: int) -> np.ndarray:
    """The decoded picture of row `index`, uint8 (H, W) or (H, W, 3); RefusedImage where it cannot be decoded."""
    return decode((dataset.folder / dataset.paths[index]).read_bytes(), minimum_side=1).pixels


def prepared(pixels: np.ndarray, card: Card) -> Prepared:
    """`pixels` uint8 (H, W) or (H, W, 3) through the card's chain."""
    facts = Facts("drawn", pixels.shape[1], pixels.shape[0], "RGB" if pixels.ndim == 3 else "L", 8)
    # A copy: a photograph freezes its pixels.
    return prepare(Photograph(np.array(pixels), facts, ""), card.preparation)


def metadata_rows(card: Card, dataset: Dataset) -> np.ndarray | None:
    """The encoded metadata (N, m) of a data set; None for a network that takes none."""
    if card.metadata is None:
        return None
    known = dataset.metadata or (Metadata(),) * len(dataset)
    return np.stack([np.asarray(encode(entry, card.metadata)).reshape(-1) for entry in known])


def chance(seed: int, *names: object) -> np.random.Generator:
    """A generator that `names` alone decide: the same draw whatever was asked before."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


def asked(
    card: Card, dataset: Dataset, changes: Mapping[str, Change], *, seed: int = 0, title: str = ""
) -> dict[str, np.ndarray]:
    """Scores (N, units) of every picture of `dataset` under each of `changes`, prepared by the card's chain.

    Each picture is decoded once; what is drawn depends on seed, change and path alone. `title` names the progress bar.
    """
    network, rows = open_network(card), metadata_rows(card, dataset)
    found: dict[str, list[np.ndarray]] = {name: [] for name in changes}

    def ready(job: tuple[str, np.ndarray, str]) -> np.ndarray:
        name, pixels, path = job
        return prepared(changes[name](pixels, chance(seed, name, path)), card).pixels

    with ThreadPoolExecutor(_WORKERS) as pool:
        bar = tqdm(
            total=len(dataset) * len(changes), desc=title or card.modality, unit="image", disable=not title
        )
        for part in batches(len(dataset)):
            pictures = [pixels_of(dataset, index) for index in part]
            jobs = [
                (name, pixels, dataset.paths[index])
                for name in changes
                for index, pixels in zip(part, pictures, strict=True)
            ]
            inputs = pool.map(ready, jobs)
            for name in changes:
                pixels = np.stack([next(inputs) for _ in part])
                scores, _ = network.forward(pixels, None if rows is None else rows[part])
                found[name].append(scores)
                bar.update(len(part))
        bar.close()
    return {name: np.concatenate(scores).astype(np.float64) for name, scores in found.items()}


def batches(count: int, size: int = _BATCH) -> Iterator[np.ndarray]:
    """Indices 0 to `count` - 1 in parts of at most `size`."""
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def some(dataset: Dataset, images: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """At most `images` rows (n,), sorted, and weights (n,) of mean 1 that give the classes their true shares back.

    Each class gets an even part of the places, or all of its images where it has fewer, so that a mean over classes
    rests on as many images as it can; within a class every group gives one image before any gives a second.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(dataset.target, minlength=len(dataset.labels))
    places, left = np.zeros_like(counts), min(images, len(dataset))
    while left:
        open_ = np.flatnonzero(places < counts)
        share = max(1, left // len(open_))
        for k in open_[:left]:
            taken = min(share, counts[k] - places[k], left)
            places[k] += taken
            left -= taken
    chosen, weights = [], []
    for k in np.flatnonzero(places):
        own = rng.permutation(np.flatnonzero(dataset.target == k))
        chosen.append(own[np.argsort(_turn(dataset.group[own]), kind="stable")][: places[k]])
        weights.append(np.full(places[k], counts[k] / places[k]))
    rows, weight = np.concatenate(chosen), np.concatenate(weights)
    order = np.argsort(rows)
    return rows[order], (weight / weight.mean())[order]


def _turn(group: Sequence[str]) -> np.ndarray:
    """How many rows of the same group stand before each row."""
    seen: dict[str, int] = {}
    turns = []
    for name in group:
        turns.append(seen.get(name, 0))
        seen[name] = turns[-1] + 1
    return np.array(turns)
