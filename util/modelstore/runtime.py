"""The one place where TensorFlow and Keras are imported for the app, and its threads are counted."""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import sys
import threading
from types import ModuleType

THREADS = 2
_lock = threading.Lock()


def tensorflow() -> ModuleType:
    """TensorFlow with `THREADS` threads inside and between operations; imported on the first call (seconds)."""
    with _lock:
        return _imported()


def give_back_memory() -> None:
    """Let the system have what is free: networks that nobody holds any more, and what glibc keeps for later.

    Keras models hold themselves in circles, so that they outlive their last user until Python looks for such; a
    network's working memory then lies in thousands of freed pieces, which glibc gives back only when asked.
    """
    gc.collect()
    if sys.platform == "linux" and (trim := _trim()):
        trim(0)


@functools.cache
def _trim():
    """The C library's `malloc_trim`; None where it has none (musl)."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


@functools.cache
def _imported() -> ModuleType:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    except RuntimeError:  # somebody used TensorFlow before us; its threads can no longer be changed
        pass
    return tf
