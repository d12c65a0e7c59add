"""The one place where TensorFlow and Keras are imported for the app, and its threads are counted."""

from __future__ import annotations

import functools
import os
import threading
from types import ModuleType

THREADS = 2
_lock = threading.Lock()


def tensorflow() -> ModuleType:
    """TensorFlow with `THREADS` threads inside and between operations; imported on the first call (seconds)."""
    with _lock:
        return _imported()


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
