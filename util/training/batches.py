"""Batches for training (sampled, augmented, metadata dropped) and for reading out (in order, as the app sees them)."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np

from util.preparation.geometry import resized
from util.training.augmentation import augmented
from util.training.configuration import Configuration
from util.training.dataset import Dataset
from util.training.mixing import mixed

# Images a worker augments in one go: handing over each by itself costs as much Python as augmenting it.
_A_TASK = 4


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
    # The workers take the cores; threads of OpenCV's own would only fight with them.
    cv2.setNumThreads(1)

    def fill(pixels: np.ndarray, start: int) -> None:
        for position, out in enumerate(pixels, start):
            draws = np.random.default_rng(seeds[position])
            source = np.asarray(images[order[position]])
            out[...] = augmented(source, config.img_size, config.augmentation, draws)

    def begin(step: int, pool: ThreadPoolExecutor) -> tuple[int, np.ndarray, list[Future]]:
        pixels = np.empty((size, config.img_size, config.img_size, 3), np.float32)
        parts = range(0, size, _A_TASK)
        return step, pixels, [pool.submit(fill, pixels[i : i + _A_TASK], step * size + i) for i in parts]

    def finish(step: int, pixels: np.ndarray, tasks: list[Future]) -> tuple[object, np.ndarray]:
        for task in tasks:
            task.result()
        picked = order[step * size : (step + 1) * size]
        known, wanted = None, target[picked]
        if rows is not None:
            draws = np.random.default_rng([drop_seed, step])
            known = drop_metadata(rows[picked], encoding, config.metadata_dropout, draws)
        if mixing:
            draws = np.random.default_rng([mix_seed, step])
            pixels, known, wanted = mixed(pixels, known, wanted, mixing, draws)
        return (pixels if known is None else [pixels, known]), wanted

    def hand_over(item: object) -> None:
        while not abandoned.is_set():
            try:
                return ready.put(item, timeout=0.5)
            except queue.Full:
                continue

    def produce() -> None:
        pool = ThreadPoolExecutor(max(1, workers))
        under_way: deque = deque()
        # So many batches at once that no worker waits for the slowest picture of one.
        ahead = 1 + -(-workers * _A_TASK // size)
        try:
            for step in range(first, len(order) // size):
                under_way.append(begin(step, pool))
                if len(under_way) > ahead:
                    hand_over(finish(*under_way.popleft()))
                if abandoned.is_set():
                    return
            while under_way:
                hand_over(finish(*under_way.popleft()))
            hand_over(None)
        except BaseException as error:  # handed to the training thread, which raises it
            hand_over(error)
        finally:
            pool.shutdown(cancel_futures=True)

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
