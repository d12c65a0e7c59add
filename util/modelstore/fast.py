"""The fast runtime of a network: converted at first need, held against TensorFlow, and never waited for by a page."""

from __future__ import annotations

import logging
import os
import threading
import time

import numpy as np

from util.language import Sentence
from util.modelstore import conversion, fast_cache
from util.modelstore.card import Card
from util.modelstore.lite import Lite
from util.modelstore.network import Network

MOST = 1e-3  # the largest relative difference to TensorFlow with which the fast runtime is used
LOADED = 3  # networks that are kept ready
# Seconds after a failure before another try is made; twice as many after each one that fails too.
PAUSE = 300.0
_PICTURES = 6
_log = logging.getLogger(__name__)
_clock = time.monotonic


class _Unfit(Exception):
    """The fast runtime gives other scores than TensorFlow."""


class _NotRun(Exception):
    """LiteRT cannot run the converted network."""


class _Loading:
    """One network on its way to the fast runtime, in a thread of its own; `runtime` or `reason` once it is `done`.

    `tries` counts the failures before this one and itself; `again` is when another one is worth making, None: never.
    """

    def __init__(self, network: Network, tries: int = 1) -> None:
        self.looked, self.done = threading.Event(), threading.Event()
        self.converting = False
        self.tries = tries
        self.again: float | None = None
        self.runtime: Lite | None = None
        self.reason: Sentence | None = Sentence.of("modelstore.fast_not_yet")
        threading.Thread(target=self._run, args=(network,), name="fast runtime", daemon=True).start()

    def _run(self, network: Network) -> None:
        try:
            self.runtime = self._load(network)
            self.reason = None
        except ImportError:
            self.reason = Sentence.of("modelstore.fast_missing")
        except conversion.ConversionFailed as failure:
            _log.warning("the network %s was not converted: %s", network.card.name, failure)
            self._later("not_converted")  # out of time or memory as often as out of its depth
        except _NotRun:
            _log.exception("the fast runtime cannot run %s", network.card.name)
            self.reason = Sentence.of("modelstore.fast_failed")
        except _Unfit as failure:
            _log.warning("the fast runtime of %s is not used: %s", network.card.name, failure)
            self.reason = Sentence.of("modelstore.fast_differs")
        except Exception:  # whatever it is, TensorFlow answers instead
            _log.exception("the fast runtime of %s failed", network.card.name)
            self._later("failed")
        finally:
            self.looked.set()
            self.done.set()

    def _later(self, reason: str) -> None:
        """Keep the reason, and when to try again."""
        self.reason = Sentence.of(f"modelstore.fast_{reason}")
        self.again = _clock() + PAUSE * 2 ** (self.tries - 1)

    @property
    def stale(self) -> bool:
        """Whether it failed long enough ago that another try is worth making."""
        return self.done.is_set() and self.again is not None and _clock() >= self.again

    def _load(self, network: Network) -> Lite:
        import ai_edge_litert.interpreter  # noqa: F401  (before half a minute of converting)

        card = network.card
        key = fast_cache.key_of(card)
        content = fast_cache.read(key)
        runtime = None
        if content is not None:
            try:
                runtime = _running(content, card)
            except _NotRun:  # made by another LiteRT, say: once more with this one
                _log.warning("the cached network of %s cannot be run and is made anew", card.name)
                fast_cache.drop(key)
        if runtime is None:
            runtime = _running(self._converted(card, key), card)
        self.looked.set()
        runtime.parity = difference(runtime, network)
        if not runtime.parity <= MOST:  # written so that a score that is no number is refused too
            raise _Unfit(f"scores differ by {runtime.parity:.1e} from TensorFlow's")
        return runtime

    def _converted(self, card: Card, key: str) -> bytes:
        """The network as a child process has just converted it."""
        self.converting = True
        self.looked.set()
        with _turn:
            conversion.convert_in_child(card)
        content = fast_cache.read(key)
        if content is None:
            raise conversion.ConversionFailed("the cache folder holds no converted network")
        return content


_known: dict[str, _Loading] = {}
_lock = threading.Lock()
_turn = threading.Lock()  # one child after another: each takes a gigabyte


def fast_runtime(network: Network, *, wait: bool = False) -> Lite | None:
    """The fast runtime of `network`; None where TensorFlow must answer, and `reason_for_slow` says why.

    A network that was never converted on this machine is converted in the background (10 to 20 s), and None is
    returned meanwhile; with `wait` the call waits for it. One converted earlier is ready after a second. None as well
    for a network whose weights are not those of its file, where the conversion failed, where parity did, and for
    all networks while `$PENUMBRA_FAST` is 0. What failed may have lacked time or memory: it is tried again after PAUSE
    seconds, then after twice as many, and so on.
    """
    if _unwanted(network):
        return None
    loading = _loading(network)
    loading.looked.wait()
    if wait or not loading.converting:
        loading.done.wait()
    return loading.runtime


def begin_fast(network: Network) -> None:
    """Begin to convert and load `network` for the fast runtime in the background; returns at once."""
    if not _unwanted(network):
        _loading(network)


def reason_for_slow(network: Network) -> Sentence | None:
    """Why TensorFlow answers for `network`, in one sentence; None where the fast runtime does."""
    return _unwanted(network) or _loading(network).reason


def difference(runtime: Lite, network: Network) -> float:
    """The largest difference of scores to TensorFlow's, relative to the largest of those (or to 1), on drawn pictures.

    Black, smooth and noisy pictures; rows of metadata with nothing known and with anything.
    """
    pixels, rows = _drawn(network.card)
    # The function that a prediction has run already: nothing is compiled and kept in memory for this alone.
    expected, _ = network.forward(pixels, rows)
    return float(
        np.abs(runtime(pixels.astype(np.float32), rows) - expected).max() / max(1.0, np.abs(expected).max())
    )


def _unwanted(network: Network) -> Sentence | None:
    """Why the fast runtime is not even tried."""
    if network.altered:
        return Sentence.of("modelstore.fast_altered")
    if os.environ.get("PENUMBRA_FAST") == "0":
        return Sentence.of("modelstore.fast_off")
    return None


def _running(content: bytes, card: Card) -> Lite:
    """LiteRT with `content`, after it has answered once; _NotRun where it cannot."""
    pixels, rows = _drawn(card)
    try:
        runtime = Lite(content, card)
        runtime(pixels[:1].astype(np.float32), None if rows is None else rows[:1])
    except (ValueError, RuntimeError) as failure:
        raise _NotRun(str(failure)) from failure
    return runtime


def _drawn(card: Card) -> tuple[np.ndarray, np.ndarray | None]:
    import cv2

    random, size = np.random.default_rng(0), card.input
    shape = (size.height, size.width)
    pictures = [np.zeros((*shape, size.channels), np.uint8)]
    for cells in (3, 6, 12, 24, min(shape))[: _PICTURES - 1]:
        coarse = random.integers(0, 256, (cells, cells, size.channels), np.uint8)
        pictures.append(cv2.resize(coarse, shape[::-1]).reshape(pictures[0].shape))
    if card.metadata is None:
        return np.stack(pictures), None
    rows = random.random((len(pictures), card.metadata.width)).astype(np.float32)
    rows[0] = 0
    return np.stack(pictures), rows


def _loading(network: Network) -> _Loading:
    key = fast_cache.key_of(network.card)
    with _lock:
        found = _known.pop(key, None)
        if found is None or found.stale:
            found = _Loading(network, found.tries + 1 if found else 1)
        _known[key] = found  # the last one is the one asked for last
        ready = [name for name, one in _known.items() if one.runtime is not None and name != key]
        for name in ready[: max(0, len(ready) - LOADED + 1)]:
            del _known[name]
        return found
