"""Thousands of changed copies of an image, one score each: what perturbation methods and curves speak to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from util.modelstore import Network
from util.modelstore.fast import fast_runtime
from util.prediction import raw_probabilities

BATCH = 32
FEW = 8  # forward passes up to which nothing is converted: TensorFlow answers sooner
Progress = Callable[[int, int], None]


class Cancelled(Exception):
    """The person who asked no longer waits for the answer."""


class Runtime(Protocol):
    """Whatever computes scores: pixels float32 (N, S, S, 3) in [0, 255], rows (N, m) or None -> (N, units)."""

    def __call__(self, pixels: np.ndarray, encoded: np.ndarray | None) -> np.ndarray:
        """The scores of a batch, before the activation."""


class Asker:
    """The scores of class `target` of one network, in batches of at most `batch`.

    `cancelled` is asked before every batch, and `Cancelled` is raised once it says so. `runtime` computes the scores:
    TensorFlow unless another one is given (see `asker_for`); one with `lanes` is asked that many batches at once.
    `passes` counts the images asked so far. One asker serves one thread.
    """

    def __init__(
        self,
        network: Network,
        target: int,
        *,
        batch: int = BATCH,
        cancelled: Callable[[], bool] | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        if not 0 <= target < len(network.card.labels):
            raise IndexError(f"expected a class in 0..{len(network.card.labels) - 1}, received {target}")
        self.network, self.target, self.batch = network, target, batch
        self.passes = 0
        self._cancelled = cancelled or (lambda: False)
        self._runtime = runtime or network.score_pixels
        self._ahead = getattr(runtime, "lanes", 1)
        self.runtime: str = "TensorFlow" if runtime is None else getattr(runtime, "name", "")

    def scores(
        self, pixels: np.ndarray, encoded: np.ndarray | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """The score float64 (N,) before the activation of `pixels` float32 or uint8 (N, S, S, 3) in [0, 255].

        `encoded` is one metadata row (1, m) for all images or one for each, (N, m); None for a network without. For one
        unit the score of class 0 is minus the logit. `progress(done, total)` follows every batch.
        """
        return self.each(len(pixels), lambda start, stop: pixels[start:stop], encoded, progress)

    def each(
        self,
        total: int,
        make: Callable[[int, int], np.ndarray],
        encoded: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """As `scores`, of `total` images of which `make(start, stop)` makes a few when their turn comes.

        It is called in this thread, in order, while those before are being answered: each time in a new array.
        """
        return self.of_target(self.outputs(total, make, encoded, progress))

    def outputs(
        self,
        total: int,
        make: Callable[[int, int], np.ndarray],
        encoded: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """All scores float64 (N, units) before the activation; arguments as in `each`."""
        found = np.empty((total, self.network.card.units), np.float64)
        under_way: deque[tuple[int, int, Future]] = deque()

        def take() -> None:
            start, stop, answer = under_way.popleft()
            found[start:stop] = answer.result()
            if progress:
                progress(stop, total)

        # The next images are made while the last ones are answered. Leaving waits for what is under way.
        with ThreadPoolExecutor(self._ahead, "asker") as threads:
            for start in range(0, total, self.batch):
                self.check()
                stop = min(start + self.batch, total)
                pixels = np.ascontiguousarray(make(start, stop), np.float32)
                rows = _rows(encoded, start, stop, total)
                if len(under_way) == self._ahead:
                    take()
                under_way.append((start, stop, threads.submit(self._runtime, pixels, rows)))
                self.passes += stop - start
            while under_way:
                take()
        return found

    def of_target(self, outputs: np.ndarray) -> np.ndarray:
        """The target's score (N,) in `outputs` (N, units)."""
        if outputs.shape[-1] == 1:
            return outputs[:, 0] * (1 if self.target else -1)
        return outputs[:, self.target]

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """The target's probability (N,) in [0, 1] that the file's own activation makes of `outputs` (N, units)."""
        return raw_probabilities(outputs, self.network.card.activation)[:, self.target]

    def check(self) -> None:
        """Raise Cancelled where nobody waits any more."""
        if self._cancelled():
            raise Cancelled


def asker_for(
    network: Network,
    target: int,
    *,
    batch: int = BATCH,
    cancelled: Callable[[], bool] | None = None,
    wait: bool = False,
    passes: float | None = None,
) -> Asker:
    """An `Asker` on the fast runtime of `network` where it is ready (see `fast_runtime`), else on TensorFlow.

    Where the network was never converted on this machine, that begins in the background; with `wait` it is waited for.
    `passes` says how many forward passes will be asked (None: many): for up to FEW, TensorFlow answers and no
    conversion, which takes a gigabyte, begins.
    """
    few = passes is not None and passes <= FEW
    runtime = None if few else fast_runtime(network, wait=wait)
    return Asker(network, target, batch=batch, cancelled=cancelled, runtime=runtime)


def _rows(encoded: np.ndarray | None, start: int, stop: int, total: int) -> np.ndarray | None:
    if encoded is None:
        return None
    if len(encoded) == 1:
        return np.repeat(encoded, stop - start, axis=0)
    if len(encoded) != total:
        raise ValueError(f"expected 1 or {total} rows of metadata, received {len(encoded)}")
    return encoded[start:stop]
