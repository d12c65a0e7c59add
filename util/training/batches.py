"""Batches for training (sampled, augmented, metadata dropped) and for reading out (in order, as the app sees them)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from util.preparation.geometry import resized
from util.training.augmentation import augmented
from util.training.configuration import Configuration
from util.training.dataset import Dataset
from util.training.mixing import mixed


def encoded_metadata(dataset: Dataset, encoding) -> np.ndarray | None:
    """Metadata rows (N, m) float32 as the card encodes them, or None without metadata."""
    if dataset.metadata is None or encoding is None:
        return None
    from util.prediction import encode

    return np.stack([np.asarray(encode(entry, encoding)).reshape(-1) for entry in dataset.metadata])


def drop_metadata(rows: np.ndarray, encoding, rates: dict, rng: np.random.Generator) -> np.ndarray:
    """A copy of `rows` (N, m) with all fields of some rows and single fields of others made missing.

    `rates`: `all` and `each`, probabilities. So "missing" carries no information about the class.
    """
    starts = np.cumsum([0, 2, len(encoding.sexes), len(encoding.sites)])
    kept = rows.copy()
    everything = rng.random(len(rows)) < rates["all"]
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        gone = everything | (rng.random(len(rows)) < rates["each"])
        kept[gone, start:end] = 0
    return kept


def targets(dataset: Dataset) -> np.ndarray:
    """Targets for the loss: (N, 1) for two classes with one unit, one-hot (N, C) otherwise; float32."""
    if len(dataset.labels) == 2:
        return dataset.target[:, None].astype(np.float32)
    return np.eye(len(dataset.labels), dtype=np.float32)[dataset.target]


def training_batches(
    images: np.ndarray,
    rows: np.ndarray | None,
    target: np.ndarray,
    order: np.ndarray,
    config: Configuration,
    encoding,
    rng: np.random.Generator,
    workers: int = 1,
    mixing: dict | None = None,
    first: int = 0,
) -> Iterator[tuple[object, np.ndarray]]:
    """Yield `(inputs, targets)` of `config.batch_size` images in `order`, augmented ahead of the training step.

    `mixing` as in `mixing.mixed`, or None. Every image and every batch has a seed of its own, so that neither the
    number of `workers` nor a start at batch `first` (from 0) changes what a batch holds.
    """
    size = config.batch_size
    ready: queue.Queue = queue.Queue(maxsize=6)
    seeds = rng.integers(0, 2**63, len(order))
    drop_seed, mix_seed = (int(rng.integers(2**63)) for _ in range(2))
    abandoned = threading.Event()

    def one(position: int, out: np.ndarray) -> None:
        out[...] = augmented(
            np.asarray(images[order[position]]),
            config.img_size,
            config.augmentation,
            np.random.default_rng(seeds[position]),
        )

    def batch(step: int, pool: ThreadPoolExecutor) -> tuple[object, np.ndarray]:
        places = range(step * size, (step + 1) * size)
        picked = order[places.start : places.stop]
        pixels = np.empty((size, config.img_size, config.img_size, 3), np.float32)
        list(pool.map(one, places, pixels))
        known, wanted = None, target[picked]
        if rows is not None:
            drawn = np.random.default_rng([drop_seed, step])
            known = drop_metadata(rows[picked], encoding, config.metadata_dropout, drawn)
        if mixing:
            drawn = np.random.default_rng([mix_seed, step])
            pixels, known, wanted = mixed(pixels, known, wanted, mixing, drawn)
        return (pixels if known is None else [pixels, known]), wanted

    def hand_over(item: object) -> None:
        while not abandoned.is_set():
            try:
                return ready.put(item, timeout=0.5)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            with ThreadPoolExecutor(max(1, workers)) as pool:
                for step in range(first, len(order) // size):
                    if abandoned.is_set():
                        return
                    hand_over(batch(step, pool))
            hand_over(None)
        except BaseException as error:  # handed to the training thread, which raises it
            hand_over(error)

    threading.Thread(target=produce, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        # A run that stops early leaves no thread waiting with six batches in its hands.
        abandoned.set()


def read_out(network, images: np.ndarray, rows: np.ndarray | None, side: int, batch: int = 64) -> np.ndarray:
    """What `network` gives for every image, (N, units), at the app's own resize; no augmentation."""
    outputs = []
    for start in range(0, len(images), batch):
        pixels = np.stack([resized(np.asarray(p), side, side) for p in images[start : start + batch]])
        inputs = pixels.astype(np.float32)
        given = inputs if rows is None else [inputs, rows[start : start + batch]]
        outputs.append(np.asarray(network.predict_on_batch(given)))
    return np.concatenate(outputs)
