"""Images prepared once, by the very chain that the app will run, into one uint8 array on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from util import preparation
from util.imaging import RefusedImage, decode
from util.preparation import prepare
from util.preparation.chain import Chain
from util.training.data_root import PROJECT, DataError
from util.training.dataset import Dataset

CACHE = PROJECT / "runs" / "prepared"


def prepared_array(
    dataset: Dataset, chain: Chain, cache: Path | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """All images of `dataset` after `chain`: uint8 (N, S, S, 3) memory-mapped, and `answered` (N,) bool.

    `answered` is False where the file cannot be decoded; its row is then black. Kept in `cache` (default `CACHE`) under
    a key of everything that shapes it. Written to a temporary name first, so that a killed run leaves no half array
    under the final one. Raises DataError where no file can be decoded.
    """
    cache = cache or CACHE
    file = cache / f"{dataset.modality}_{_key(dataset, chain)}.npy"
    flags = file.with_suffix(".answered.npy")
    if not (file.exists() and flags.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        answered = np.zeros(len(dataset), bool)
        array, unfinished = None, file.with_suffix(f".{os.getpid()}.tmp")
        for index, path in enumerate(tqdm(dataset.paths, desc=f"prepare {dataset.modality}")):
            try:
                pixels = prepare(decode((dataset.folder / path).read_bytes(), minimum_side=1), chain).pixels
            except RefusedImage:
                continue
            if array is None:
                array = np.lib.format.open_memmap(unfinished, "w+", np.uint8, (len(dataset), *pixels.shape))
            array[index], answered[index] = pixels, True
        if array is None:
            raise DataError("training.nothing_answered", received=str(dataset.folder))
        array.flush()
        np.save(flags, answered)
        os.replace(unfinished, file)
    return np.load(file, mmap_mode="r"), np.load(flags)


def _key(dataset: Dataset, chain: Chain) -> str:
    """A short hash of the chain, the files with their sizes, and the source of the steps themselves."""
    sizes = [(path, (dataset.folder / path).stat().st_size) for path in dataset.paths]
    source = [file.read_text("utf-8") for file in sorted(Path(preparation.__file__).parent.glob("*.py"))]
    whole = json.dumps([str(dataset.folder.resolve()), list(chain), sizes, source], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def cached_chain(chain: Sequence, side: int) -> tuple:
    """The part of `chain` whose result is stored for training.

    Where the last resize enlarges, the smaller picture is stored and augmentation enlarges it; where it
    reduces, the result itself is stored, because a warp would not reduce with anti-aliasing.
    """
    *before, last = chain
    sizes = [int(entry["side"]) for entry in before if "side" in entry]
    enlarges = last["step"] == "resize" and sizes and sizes[-1] < side
    return tuple(before) if enlarges else tuple(chain)
