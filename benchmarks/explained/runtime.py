"""The fast runtime, where this project has one and it may be used."""

from __future__ import annotations

from util.explanation.asker import Runtime
from util.modelstore import Network


def fast_runtime_of(network: Network) -> Runtime | None:
    """The fast runtime of the network, converted now where it was not; None where TensorFlow must do."""
    try:
        from util.modelstore.fast import fast_runtime
    except ImportError:
        return None
    return fast_runtime(network, wait=True)
