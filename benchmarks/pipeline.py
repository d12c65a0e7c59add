"""What the training step eats, and what preparation and augmentation can serve it.

`python -m benchmarks.pipeline [--modality M] [--seconds 20]` prints, for each modality's recipe, images per second
prepared (with the share of each step of the chain), augmented, and trained on, and one line `ratio`: each of them over
the training step on tensors that are ready. `fed` is the same step on what the stream hands it: 1.00 says that it never
waits. Medians of turns in which every task runs once, so that a busy machine slows all alike. Images are those of the
data folder where there is one, else drawn samples.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from util.imaging import RefusedImage, decode
from util.language import PenumbraError
from util.modelstore.card import MetadataEncoding
from util.preparation import prepare
from util.preparation.chain import run_step
from util.samples import samples
from util.training import batches, networks
from util.training.configuration import Configuration, configuration
from util.training.data_root import DataError, data_root
from util.training.dataset import LABELS, parts, read_index
from util.training.prepared_store import cached_chain

# So many files are read, and so many batches made, in one turn.
FILES, BATCHES, FED = 16, 4, 4
# Which images are drawn for training does not matter here; that they are more than a processor's cache does.
STORED = 64
ENCODING = MetadataEncoding(50.0, 20.0, ("female", "male"), tuple("abcdefghi"))


def files_of(modality: str, root: Path | None) -> tuple[list[bytes], str]:
    """Image files to prepare, and where they come from: evenly from the training part under `root`, else drawn."""
    if root is None or not (root / modality / "index.csv").is_file():
        return [sample.png() for sample in samples(modality)], "drawn samples"
    train = parts(read_index(root, modality))["train"]
    every = max(1, len(train) // STORED)
    return [(train.folder / path).read_bytes() for path in train.paths[::every][:STORED]], "real data"


def prepared(data: bytes, chain: Sequence) -> np.ndarray | None:
    """One file after `chain`, as the prepared store makes it; None where it cannot be read."""
    try:
        return prepare(decode(data, minimum_side=1), chain).pixels
    except RefusedImage:
        return None


def preparation(files: list[bytes], chain: Sequence, workers: int) -> Callable[[], int]:
    """Prepares the next files of a ring with so many threads; returns how many."""
    ring = _ring(files, FILES)

    def task() -> int:
        chosen = next(ring)
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda data: prepared(data, chain), chosen))
        return len(chosen)

    return task


def shares(files: list[bytes], chain: Sequence) -> dict[str, float]:
    """The share of decoding and of each step in the time that preparing `files` takes; they add up to one."""
    seconds = {"decode": 0.0} | {str(entry["step"]): 0.0 for entry in chain}
    for data in files:
        began = time.perf_counter()
        try:
            pixels = decode(data, minimum_side=1).pixels
        except RefusedImage:
            continue
        for name, entry in [("decode", None), *((str(entry["step"]), entry) for entry in chain)]:
            if entry is not None:
                pixels = np.ascontiguousarray(run_step(pixels, entry).pixels)
            now = time.perf_counter()
            seconds[name] += now - began
            began = now
    return {name: value / sum(seconds.values()) for name, value in seconds.items()}


def stream(config: Configuration, images: np.ndarray, workers: int, count: int) -> Iterator:
    """`count` batches as training gets them: augmented, mixed, metadata dropped."""
    classes = len(LABELS[config.modality])
    rng = np.random.default_rng(0)
    rows = rng.random((len(images), ENCODING.width), np.float32) if config.metadata_dropout else None
    labels = rng.integers(0, classes, len(images))
    target = labels[:, None].astype(np.float32) if classes == 2 else np.eye(classes, dtype=np.float32)[labels]
    order = rng.integers(0, len(images), count * config.batch_size)
    return batches.training_batches(
        images, rows, target, order, config, ENCODING, rng, workers=workers, mixing=config.mixing
    )


def augmentation(config: Configuration, images: np.ndarray, workers: int) -> Callable[[], int]:
    """Makes some batches with so many threads; returns how many images."""
    return lambda: sum(config.batch_size for _ in stream(config, images, workers, BATCHES))


def network_of(config: Configuration) -> object:
    """The network of the recipe, ready to train."""
    import keras

    classes = len(LABELS[config.modality])
    units = 1 if classes == 2 else classes
    width = ENCODING.width if config.metadata_dropout else 0
    model = networks.build(config.model, config.img_size, units, metadata_width=width, dropout=config.dropout)
    networks.freeze_batch_norm(model)
    loss = keras.losses.BinaryCrossentropy if units == 1 else keras.losses.CategoricalCrossentropy
    model.compile(
        optimizer=keras.optimizers.AdamW(config.lr, weight_decay=config.weight_decay),
        loss=loss(from_logits=True),
        jit_compile=False,
    )
    return model


def steps(config: Configuration, images: np.ndarray, workers: int) -> dict[str, Callable[[], int]]:
    """Training steps on tensors that are ready, and on those of a stream that starts with the clock."""
    from keras import ops, tree

    model = network_of(config)
    ready = tree.map_structure(ops.convert_to_tensor, next(stream(config, images, 1, 1)))

    def on(source) -> int:
        # The loss is read, so that a GPU has really finished.
        return sum(
            config.batch_size
            for inputs, wanted in source
            if np.isfinite(float(model.train_on_batch(inputs, wanted)))
        )

    return {"step": lambda: on([ready] * FED), "fed": lambda: on(stream(config, images, workers, FED))}


def rates(tasks: dict[str, Callable[[], int]], seconds: float) -> dict[str, tuple[float, float]]:
    """Images per second of each task, and seconds of one core an image costs it: medians over turns in which every
    task runs once, for so many seconds.

    The first turn warms up and does not count; at least two count.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    turn, end = 0, None
    while turn < 3 or time.perf_counter() < end:
        for name, task in tasks.items():
            began, busy = time.perf_counter(), time.process_time()
            images = task()
            taken, busy = time.perf_counter() - began, time.process_time() - busy
            if turn:
                found[name].append((images / taken, busy / images))
        turn += 1
        end = end or time.perf_counter() + seconds
    return {name: tuple(map(median, zip(*values, strict=True))) for name, values in found.items()}


def measure(config: Configuration, root: Path | None, seconds: float) -> dict[str, float]:
    """Print the lines of one recipe; return its ratios."""
    files, source = files_of(config.modality, root)
    stored = [prepared(data, cached_chain(config.chain, config.img_size)) for data in files]
    images = np.stack([pixels for pixels in stored if pixels is not None])
    threads = sorted({1, 2, config.num_workers})
    tasks = {f"prepare, threads {n}": preparation(files, config.chain, n) for n in (1, 2)}
    tasks |= {f"augment, threads {n}": augmentation(config, images, n) for n in threads}
    tasks |= steps(config, images, config.num_workers)
    found = rates(tasks, seconds)
    print(
        f"{config.modality}  {config.model}, {config.img_size} px, batch {config.batch_size}, {source}, "
        f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    )
    step = found["step"][0]
    for name, (rate, core) in found.items():
        print(
            f"  {name:20}{rate:10.1f} images/s  {rate / step:8.2f}  {1000 * core:8.2f} ms of one core an image"
        )
    part = shares(files[:FILES], config.chain)
    print("  of preparation: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in part.items()))
    ratios = {
        "prepared": found["prepare, threads 2"][0] / step,
        "augmented": found[f"augment, threads {config.num_workers}"][0] / step,
        "fed": found["fed"][0] / step,
    }
    print("ratio " + "  ".join(f"{name} {value:.2f}" for name, value in ratios.items()), flush=True)
    return ratios


def _ring(items: Sequence, size: int) -> Iterator[list]:
    """`size` items at a time, round and round."""
    place = 0
    while True:
        yield [items[(place + k) % len(items)] for k in range(size)]
        place += size


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0, or 2 with one sentence for a recipe or a folder that is none."""
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__.split("\n")[0])
    parser.add_argument("--modality", choices=tuple(LABELS), help="one modality; default: all three")
    parser.add_argument("--seconds", type=float, default=20, help="how long to measure each modality")
    parser.add_argument(
        "--data-root", type=Path, help="default: $PENUMBRA_DATA, else ../shared/data, else drawn"
    )
    parser.add_argument("--drawn", action="store_true", help="drawn samples, also where there is data")
    parser.add_argument("--model", help="another network than the recipe's")
    parser.add_argument("--img-size", type=int, help="another input size than the recipe's")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--num-workers", type=int, help="threads that augment for the step that is fed")
    given = parser.parse_args(arguments)
    try:
        for modality in [given.modality] if given.modality else LABELS:
            config = configuration(modality, model=given.model, img_size=given.img_size)
            changes = {"batch_size": given.batch_size, "num_workers": given.num_workers}
            config = replace(config, **{name: value for name, value in changes.items() if value})
            measure(config, None if given.drawn else _root(given.data_root), given.seconds)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _root(given: Path | None) -> Path | None:
    """The data folder; None where none is named and none is there."""
    try:
        return data_root(given)
    except DataError:
        if given:
            raise
        return None


if __name__ == "__main__":
    sys.exit(main())
