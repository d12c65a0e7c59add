"""How finely a network computes while it trains: in float32, or its trunk in bfloat16 where that is faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

PRECISIONS = ("float32", "bfloat16")


@contextmanager
def computed_in(precision: str) -> Iterator[None]:
    """Layers made within compute in `precision`, one of PRECISIONS; their weights are float32 either way.

    bfloat16 has float32's range and 8 bits of its fraction, so no loss needs scaling (Kalamkar et al. 2019); the
    weights and what is added to them stay float32 (Micikevicius et al. 2018). The policy that stood before comes
    back at the end, whatever happens within.
    """
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
