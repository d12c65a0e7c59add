"""Two-phase transfer learning: first the new head alone, then the trunk too, at once or from the output back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from util.training import networks
from util.training.configuration import Configuration

if TYPE_CHECKING:
    import keras

MOST_STAGES = 4
# Howard & Ruder 2018 divide by 2.6 from layer to layer; a stage here holds several layers and trains them all.
STAGE_FACTOR = 0.5


@dataclass(frozen=True)
class Phase:
    """`epochs` at the learning rate `peak`, in which the share `thawed` in [0, 1] of the trunk's stages trains.

    Stages thaw from the output back; the head always trains. `first` is the epoch, from 0, at which it begins where
    no phase before it ended early.
    """

    first: int
    epochs: int
    peak: float
    thawed: float


def phases(config: Configuration) -> tuple[Phase, ...]:
    """One phase in which everything trains; or the frozen one and the fine-tuning after it.

    Progressive fine-tuning has up to four stages of falling peak rate, each with more of the trunk: `ft_lr`, half of
    it, a quarter, an eighth. So the earliest layers, which thaw last, move least: rates fall by stage and not by
    variable, because Adam's steps do not follow the scale of a gradient. Gradual unfreezing: Howard & Ruder 2018.
    """
    if not config.fine_tune_epochs:
        return (Phase(0, config.epochs, config.lr, 1.0),)
    found = [Phase(0, config.epochs, config.lr, 0.0)]
    peak = config.lr / 10 if config.ft_lr is None else config.ft_lr
    stages = min(MOST_STAGES, config.fine_tune_epochs) if config.unfreeze == "progressive" else 1
    for stage in range(stages):
        begins, ends = (config.fine_tune_epochs * k // stages for k in (stage, stage + 1))
        found.append(
            Phase(config.epochs + begins, ends - begins, peak * STAGE_FACTOR**stage, (stage + 1) / stages)
        )
    return tuple(found)


def restart_epochs(config: Configuration, phase: Phase) -> Sequence[int]:
    """The epochs of `phase`, from 0, between which its cosine runs: its start, `config.restarts` in it, its end."""
    inside = sorted({epoch - phase.first for epoch in config.restarts})
    return [0, *(epoch for epoch in inside if 0 < epoch < phase.epochs), phase.epochs]


def thaw(network: keras.Model, name: str, share: float, *, pretrained: bool) -> None:
    """Let the head and the last `share` of the trunk's stages train, and nothing else.

    Batch norms of a `pretrained` trunk stay in inference mode throughout: their statistics are folded or were learnt
    from far more images. Those of a network from scratch train with their layers.
    """
    blocks = networks.trunk_blocks(network, name)
    for layer in network.layers:
        layer.trainable = True
    frozen = len(blocks) - round(share * len(blocks))
    for block in blocks[:frozen]:
        for layer in block:
            layer.trainable = False
    if pretrained:
        networks.freeze_batch_norm(network)


def optimiser(config: Configuration, peak: float) -> keras.optimizers.Optimizer:
    """The optimiser by name: AdamW, Adam (no weight decay), SGD (Nesterov, momentum 0.9), RMSprop.

    `clip_norm` bounds the global norm of a step's gradient (Pascanu et al. 2013): Adam divides by what gradients were
    of late, so a rare image of great weight makes a step far above the rate, and a few of these can silence every ReLU.
    """
    import keras

    decay = config.weight_decay or None
    clip = {"global_clipnorm": config.clip_norm or None}
    if config.optimizer == "adam":
        return keras.optimizers.Adam(peak, **clip)
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(peak, momentum=0.9, nesterov=True, weight_decay=decay, **clip)
    if config.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(peak, weight_decay=decay, **clip)
    return keras.optimizers.AdamW(peak, weight_decay=config.weight_decay, **clip)
