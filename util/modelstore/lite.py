"""LiteRT with XNNPACK: scores of many pictures on all cores, several times as fast as TensorFlow.

Each core runs an interpreter of its own with one thread, on pieces so small that what passes between two layers stays
in the core's cache: no core waits for another after every layer.

Processor time of one core in ms an image, the best of repeated runs in turn in one process, on a busy machine
(AMD EPYC, 21 November 2026), ai-edge-litert 2.3.0 and onnxruntime 1.31.1 with one thread, by pictures in a piece:

                             LiteRT 1     2     4     8    16   ONNX Runtime 1     4     8    32
    chest-mobilenetv2, 224       4.29  4.33  4.88  5.20  5.56             5.12  5.85  6.17  7.15
    skin, fused, 160             2.39  2.32  2.17  2.52  2.57             3.06  2.74  3.07  3.76
    breast-mobilenetv2, 96       0.96  0.85  0.76  0.75  0.83             1.36  1.03  0.94  1.19
    breast-cnn, 96               2.47  2.46  2.41  2.47  2.52             2.40  2.28  2.26  2.29

LiteRT is faster on the networks that are shown first, and its converter comes with TensorFlow.
Two interpreters of one thread took 0.80 to 0.96 of the time of one with two threads at its best batch of 2 to 32
(medians, in turn). Each network adds 50 to 60 MB: content, weights and tensors of both interpreters.
"""

from __future__ import annotations

import functools
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from util.modelstore.card import Card
from util.modelstore.runtime import THREADS
from util.modelstore.views import views_of

_PIXELS = 2 * 224 * 224  # in a piece, about: see the table
_LARGEST = 8  # pictures in a piece


class Lite:
    """Scores by LiteRT of a converted network; may be called from many threads at once.

    Called with pixels float32 (N, S, S, 3) in [0, 255] and rows float32 (N, m) or None; gives scores float32
    (N, units). `parity` is the largest difference to TensorFlow's scores, relative to the largest of them (or to 1).
    ImportError where LiteRT is not installed, ValueError or RuntimeError for content that it cannot run.
    """

    name = "LiteRT"
    lanes = THREADS  # as many calls may run side by side without one waiting for another

    def __init__(self, content: bytes, card: Card) -> None:
        self.parity = float("nan")
        pixels = card.input.height * card.input.width * len(views_of(card.views))
        self.piece = max(1, min(_LARGEST, round(_PIXELS / pixels)))
        self._units = card.units
        self._lanes: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
        for _ in range(THREADS):
            self._lanes.put(_Lane(content, self.piece))

    def __call__(self, pixels: np.ndarray, encoded: np.ndarray | None) -> np.ndarray:
        """The scores float32 (N, units), before the activation."""
        found = np.empty((len(pixels), self._units), np.float32)
        starts = iter(range(0, len(pixels), self.piece))  # each is given out once, whoever asks
        if len(pixels) <= self.piece:
            self._work(starts, pixels, encoded, found)
        else:
            work = [_cores().submit(self._work, starts, pixels, encoded, found) for _ in range(THREADS)]
            for one in work:
                one.result()
        return found

    def _work(
        self, starts: Iterator[int], pixels: np.ndarray, encoded: np.ndarray | None, found: np.ndarray
    ) -> None:
        lane = self._lanes.get()
        try:
            for start in starts:
                part = slice(start, start + self.piece)
                found[part] = lane.answer(pixels[part], None if encoded is None else encoded[part])
        finally:
            self._lanes.put(lane)


class _Lane:
    """One interpreter with one thread, for pieces of a fixed size."""

    def __init__(self, content: bytes, piece: int) -> None:
        self._interpreter = interpreter = _interpreter(content)
        for detail in interpreter.get_input_details():
            interpreter.resize_tensor_input(detail["index"], [piece, *detail["shape"][1:]])
        interpreter.allocate_tensors()
        details = interpreter.get_input_details()
        (self._pixels,) = (one["index"] for one in details if len(one["shape"]) == 4)
        self._row = next((one["index"] for one in details if len(one["shape"]) == 2), None)
        (self._scores,) = (one["index"] for one in interpreter.get_output_details())
        self._piece = piece

    def answer(self, pixels: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """The scores (n, units) of at most a piece."""
        self._interpreter.set_tensor(self._pixels, self._whole(pixels))
        if rows is not None:
            self._interpreter.set_tensor(self._row, self._whole(rows))
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._scores)[: len(pixels)]

    def _whole(self, array: np.ndarray) -> np.ndarray:
        """`array` float32, with zeros behind it up to a whole piece."""
        array = np.ascontiguousarray(array, np.float32)
        lacking = self._piece - len(array)
        return np.pad(array, [(0, lacking)] + [(0, 0)] * (array.ndim - 1)) if lacking else array


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_content=content, num_threads=1)


@functools.cache
def _cores() -> ThreadPoolExecutor:
    """The threads that all networks share: more would only take turns."""
    return ThreadPoolExecutor(THREADS, "lite")
