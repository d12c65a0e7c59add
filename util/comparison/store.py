"""What was computed before, kept as long as there is room: maps and curves, by everything that decides them."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from util.explanation import Explanation, Question

ROOM = 48 * 2**20  # bytes; a map of 224 x 224 takes 196 KiB
BESIDE = 2048  # bytes of what is said of a map


class Store:
    """A bounded store of immutable results: what was used longest ago goes first once `room` bytes are full.

    Any thread may use it. What is larger than the whole room is not kept.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._used = room, 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any | None:
        """What is kept under `key`; None where nothing is."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep `value`, of about `size` bytes, under `key`, in the place of what was there."""
        with self._lock:
            if key in self._kept:
                self._used -= self._kept.pop(key)[1]
            if size > self._room:
                return
            self._kept[key] = value, size
            self._used += size
            while self._used > self._room:
                _, (_, gone) = self._kept.popitem(last=False)
                self._used -= gone

    def map_of(self, key: Hashable, make: Callable[[], Explanation]) -> tuple[Explanation, bool]:
        """The map under `key`, made and kept where there is none; and whether it was there."""
        known = self.get(key)
        if known is not None:
            return known, True
        made = make()
        self.put(key, made, made.heat.nbytes + BESIDE)
        return made, False

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._used = 0

    @property
    def used(self) -> int:
        """Bytes kept now."""
        return self._used

    def __len__(self) -> int:
        return len(self._kept)


STORE = Store()


def key_of(question: Question, *more: Hashable) -> tuple[Hashable, ...]:
    """What decides an answer to `question`: image and metadata (SHA-256), model and card, class, layer, and `more`."""
    digest = hashlib.sha256(np.ascontiguousarray(question.pixels).tobytes())
    if question.encoded is not None:
        digest.update(np.ascontiguousarray(question.encoded, np.float32).tobytes())
    card = question.network.card
    layer = question.layer or card.gradcam_layer
    # What else of a card decides scores and curves, and may change without the model file.
    read = repr((card.input, card.units, card.activation, card.metadata, card.calibration, card.views))
    return digest.hexdigest(), card.sha256, read, question.target, layer, *more
