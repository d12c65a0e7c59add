"""The `.h5` that is shipped: float16 arrays, half the size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def save_shipped(network: keras.Model, file: Path) -> None:
    """Save an `.h5` whose arrays are float16: half the size; Keras loads them as float32."""
    import h5py

    network.save(file)
    with h5py.File(file, "r+") as stored:
        found: list[str] = []
        stored["model_weights"].visititems(
            lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None
        )
        for name in found:
            values = stored["model_weights"][name][()]
            del stored["model_weights"][name]
            stored["model_weights"].create_dataset(name, data=values.astype(np.float16))
    _repack(file)


def _repack(file: Path) -> None:
    """Copy the file: HDF5 does not give back the room of deleted data sets."""
    import h5py

    fresh = file.with_suffix(".repacked")
    with h5py.File(file, "r") as old, h5py.File(fresh, "w") as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        for key in old:
            old.copy(key, new)
    fresh.replace(file)
