"""A network whose last layers have forgotten what they learned: for the sanity check of explanations.

Adebayo et al. 2018 (arXiv 1810.03292): the layers are drawn anew one after another, from the output back; a map that
stays as it was did not depend on what they had learned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from util.modelstore.card import Card
from util.modelstore.engine import Engine
from util.modelstore.graph import Graph
from util.modelstore.halves import open_halves
from util.modelstore.network import Network, check_file

STAGES = 6


def randomised_network(card: Card, stage: int, *, seed: int = 0, stages: int = STAGES) -> Network:
    """The network of `card` with its layers drawn anew from the output back to `stage` of `stages`.

    Stage 0 is the trained network, stage 1 has a new output layer, `stages` has none of its learned layers left; those
    between take equal numbers of layers. A later stage with the same seed has the same weights in the layers that an
    earlier one drew. Kernels come from He's normal distribution (He et al. 2015), which keeps the size of what passes
    through; offsets are 0, normalisations begin as in training.

    The network is loaded anew, shares nothing with `open_network(card)` and is remembered nowhere: its memory is free
    when the caller lets go of it. Its card has another SHA-256, so that no cache takes it for the trained one, and
    `altered` is True: the `.h5` does not hold its weights. Raises ValueError for a stage outside 0..stages, and
    CardError or ModelError as `open_network`.
    """
    if not 0 <= stage <= stages:
        raise ValueError(f"expected a stage in 0..{stages}, received {stage}")
    check_file(card)
    halves = open_halves(card)
    chosen = last_layers(weighted(halves.graph), stage, stages)
    for number, layer in enumerate(chosen):
        _draw(layer, np.random.default_rng((seed, number)))
    mark = hashlib.sha256(f"{card.sha256} {seed} {stage} {stages}".encode()).hexdigest()
    other = replace(card, sha256=mark)
    return Network(other, Engine(other, halves), altered=True)


def weighted(graph: Graph) -> list[Any]:
    """The layers of `graph` that learned something, each once, from the output back.

    Left out is `Normalization`, which holds what the pictures are like and not what was learned of them.
    """
    found: dict[int, Any] = {}
    for call in reversed(graph.calls):
        layer = call.operation
        if getattr(layer, "weights", None) and type(layer).__name__ != "Normalization":
            found.setdefault(id(layer), layer)
    return list(found.values())


def last_layers(layers: list[Any], stage: int, stages: int) -> list[Any]:
    """The part of `layers` (output first) that `stage` of `stages` draws anew: one at stage 1, all at the last."""
    if stage == 0 or not layers:
        return []
    rest = len(layers) - 1
    share = (stage - 1) / (stages - 1) if stages > 1 else 1
    return layers[: 1 + round(rest * share)]


def _draw(layer: Any, rng: np.random.Generator) -> None:
    """Give every weight of `layer` a new value."""
    depthwise = "Depthwise" in type(layer).__name__
    for variable in layer.weights:
        shape, name = tuple(variable.shape), variable.name
        if len(shape) >= 2:
            inputs = shape[:-2] if depthwise or "depthwise" in name else shape[:-1]
            value = rng.normal(0, np.sqrt(2 / max(1, _product(inputs))), shape)
        else:
            value = np.full(shape, float(name in ("gamma", "moving_variance")))
        variable.assign(value.astype(np.float32))


def _product(sides: Iterable[int]) -> int:
    return int(np.prod(list(sides), dtype=np.int64))
