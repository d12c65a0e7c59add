"""Images prepared once, by the very chain that the app will run, into one uint8 array on disk.

What is under way lies in `<name>.part` (the array's own bytes, row after row) and `<name>.part.answered` (one byte a
row): a run that is killed goes on behind the last whole row, and only a finished array gets its final name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
_BLOCK = 32


def prepared_array(
    dataset: Dataset, chain: Chain, cache: Path | None = None, workers: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """All images of `dataset` after `chain`: uint8 (N, S, S, 3) memory-mapped, and `answered` (N,) bool.

    `answered` is False where the file cannot be decoded; its row is then black. Kept in `cache` (default `CACHE`) under
    a key of everything that shapes it. A second process that wants the same array waits for the first. Raises
    DataError where no file can be decoded, and where the disk is full.
    """
    cache = cache or CACHE
    file = cache / f"{dataset.modality}_{_key(dataset, chain)}.npy"
    flags = file.with_suffix(".answered.npy")
    if not (file.exists() and flags.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(file.with_suffix(".lock")):
            if not (file.exists() and flags.exists()):
                _fill(dataset, chain, file, flags, workers)
    return np.load(file, mmap_mode="r"), np.load(flags)


def _fill(dataset: Dataset, chain: Chain, file: Path, flags: Path, workers: int) -> None:
    """Prepare what is missing of the array under way, then give it and its flags their final names."""
    part, told = file.with_suffix(".part"), file.with_suffix(".part.answered")
    shape, answered = _found(part, told, len(dataset))
    written = len(answered)

    def one(path: str) -> np.ndarray | None:
        try:
            return prepare(decode((dataset.folder / path).read_bytes(), minimum_side=1), chain).pixels
        except RefusedImage:
            return None

    bar = tqdm(total=len(dataset), initial=written, desc=f"prepare {dataset.modality}")
    try:
        with ThreadPoolExecutor(max(1, workers)) as pool, bar:
            while len(answered) < len(dataset):
                pictures = list(pool.map(one, dataset.paths[len(answered) : len(answered) + _BLOCK]))
                answered += bytes(picture is not None for picture in pictures)
                if shape is None:
                    shape = _begun(part, len(dataset), pictures)
                if shape is not None:
                    block = np.zeros((len(answered) - written, *shape[1:]), np.uint8)
                    for row, picture in zip(block[-len(pictures) :], pictures, strict=True):
                        row[...] = 0 if picture is None else picture
                    _append(part, block.tobytes())
                    # Told after its rows are there, so that nothing is told that the array lacks.
                    _append(told, answered[written:])
                    written = len(answered)
                bar.update(len(pictures))
        if shape is None:
            raise DataError("training.nothing_answered", received=str(dataset.folder))
        unfinished = flags.with_suffix(".tmp.npy")
        np.save(unfinished, np.frombuffer(answered, np.uint8).astype(bool))
    except OSError as error:
        if error.errno != errno.ENOSPC or shape is None:
            raise
        raise _full(file.parent, shape, written) from error
    os.replace(unfinished, flags)
    os.replace(part, file)
    told.unlink()


def _begun(part: Path, images: int, pictures: list) -> tuple[int, ...] | None:
    """Start the array under way once one of `pictures` tells its shape, which is returned, and there is room for it."""
    first = next((picture for picture in pictures if picture is not None), None)
    if first is None:
        return None
    shape = (images, *first.shape)
    if shutil.disk_usage(part.parent).free < np.prod(shape):
        raise _full(part.parent, shape, 0)
    with part.open("wb") as rows:
        np.lib.format.write_array_header_1_0(rows, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return shape


def _append(file: Path, data: bytes) -> None:
    """Write `data` at the end; on the disk itself when this returns."""
    with file.open("ab") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _found(part: Path, told: Path, images: int) -> tuple[tuple[int, ...] | None, bytes]:
    """The shape of the array under way and the flags of its whole rows; both files end there afterwards."""
    try:
        with part.open("rb") as rows:
            np.lib.format.read_magic(rows)
            shape, _, _ = np.lib.format.read_array_header_1_0(rows)
            start = rows.tell()
        whole = (part.stat().st_size - start) // _row(shape)
        answered = told.read_bytes()[:whole]
    except (OSError, ValueError):  # nothing under way, or nothing that can be gone on with
        shape, answered, start = None, b"", 0
    if shape is None or shape[0] != images:
        part.unlink(missing_ok=True)
        told.unlink(missing_ok=True)
        return None, b""
    os.truncate(part, start + len(answered) * _row(shape))
    os.truncate(told, len(answered))
    return shape, answered


def _row(shape: tuple[int, ...]) -> int:
    """Bytes of one image."""
    return int(np.prod(shape[1:]))


def _full(folder: Path, shape: tuple[int, ...], done: int) -> DataError:
    needed, free = (shape[0] - done) * _row(shape) / 2**20, shutil.disk_usage(folder).free / 2**20
    return DataError("training.no_room", needed=f"{needed:.0f}", received=f"{free:.0f}", folder=str(folder))


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the lock in `file`; the system gives it back when a process ends, however it ends."""
    with file.open("ab") as stream:
        while not _locked(stream):
            time.sleep(0.2)
        yield


def _locked(stream) -> bool:
    """Whether the lock is ours now."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
