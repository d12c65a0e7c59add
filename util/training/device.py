"""Where a run trains: the processor, the graphics card, or whichever there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from util.training.data_root import DataError


@contextmanager
def placed(device: str) -> Iterator[None]:
    """Everything within runs on `device`: "cpu", "gpu", or "auto", which is the GPU where the backend sees one.

    Raises DataError for a GPU that is not there.
    """
    import keras

    if device == "gpu" and not _has_gpu(keras.backend.backend()):
        raise DataError("training.no_gpu", backend=keras.backend.backend())
    if device == "auto":
        yield
        return
    if device == "cpu" and keras.backend.backend() == "tensorflow":
        _hide_gpus()
    # Keras takes torch's devices by name alone: "cpu:0" is another device to it than the "cpu" of its tensors.
    with keras.device(device if keras.backend.backend() == "torch" else f"{device}:0"):
        yield


def seed_step(seed: int, epoch: int, step: int) -> None:
    """On torch, begin its random numbers anew for this step: its dropout draws from one state, which no model holds."""
    import keras

    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed((seed * 1_000_003 + epoch) * 1_000_003 + step)


def _hide_gpus() -> None:
    """Keep TensorFlow from taking all memory of a card that it is not to use."""
    import tensorflow

    # Once it has begun to use one it cannot be hidden any more, and the scope alone keeps work off it.
    with suppress(RuntimeError):
        tensorflow.config.set_visible_devices([], "GPU")


def _has_gpu(backend: str) -> bool:
    if backend == "torch":
        import torch

        return torch.cuda.is_available()
    if backend == "tensorflow":
        import tensorflow

        return bool(tensorflow.config.list_physical_devices("GPU"))
    import jax

    return any(one.platform == "gpu" for one in jax.devices())
