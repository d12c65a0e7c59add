"""Loss functions on scores, in backend-neutral Keras operations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Lin et al. 2017 and Cui et al. 2019 both recommend these for most data.
FOCUS = 2.0
BETA = 0.999


def loss_function(
    name: str, prior: np.ndarray, *, smoothing: float = 0.0, weights: np.ndarray | None = None
) -> Callable:
    """The loss `name` as a function of targets and scores, both (N, C), or (N, 1) for two classes with one unit.

    Targets are soft, in [0, 1] (MixUp mixes them). `prior` (C,) is the share of each class among the images as they
    are drawn; `weights` (C,) multiply an image's loss by its class, None for one each. The value is the mean over
    the batch.

    "cross_entropy". "logit_adjusted": on scores + log prior, so that the plain scores decide as if classes were
    equally frequent (Menon et al. 2021). "focal" and "class_balanced_focal": easy images count less, by
    (1 - p)^2 (Lin et al. 2017); the second is meant with the weights of `effective_number_weights` (Cui et al. 2019).
    """
    shift = _shift(prior) if name == "logit_adjusted" else None
    focus = FOCUS if "focal" in name else 0.0

    def loss(target, scores):
        from keras import ops

        if shift is not None:
            scores = scores + shift
        each = _binary if scores.shape[-1] == 1 else _categorical
        losses = each(target, scores, smoothing, focus)
        if weights is not None:
            losses = losses * _weight(target, weights.astype(np.float32))
        return ops.mean(losses)

    return loss


def inverse_frequency_weights(prior: np.ndarray) -> np.ndarray:
    """Class weights (C,) ~ 1 / `prior`, with mean one over the images drawn; zero for a class that never is."""
    there = prior > 0
    weights = np.where(there, 1 / np.where(there, prior, 1), 0.0)
    return weights / (weights * prior).sum()


def effective_number_weights(counts: np.ndarray, beta: float = BETA) -> np.ndarray:
    """Class weights (C,) ~ (1 - beta) / (1 - beta^n) for `counts` (C,), mean one over the classes that there are.

    Cui et al. 2019, "Class-balanced loss based on effective number of samples".
    """
    there = counts > 0
    weights = np.where(there, (1 - beta) / (1 - beta ** np.where(there, counts, 1)), 0.0)
    return weights * there.sum() / weights.sum()


def with_teacher(hard: Callable, temperature: float, share: float) -> Callable:
    """(1 - share) `hard` + share T^2 KL(teacher || student), both softened by `temperature` T. Hinton et al. 2015.

    The target then holds two parts side by side: (N, 2C), or (N, 2) with one unit; the second is what the teacher
    says, already softened (see `distillation.Teacher`).
    """

    def loss(target, scores):
        from keras import ops

        width = scores.shape[-1]
        soft = target[:, width:]
        at_temperature = scores / temperature
        if width == 1:
            soft = ops.concatenate([1 - soft, soft], axis=-1)
            at_temperature = ops.concatenate([-at_temperature / 2, at_temperature / 2], axis=-1)
        apart = ops.log(ops.maximum(soft, 1e-7)) - ops.log_softmax(at_temperature, axis=-1)
        kl = ops.mean(ops.sum(soft * apart, axis=-1))
        return (1 - share) * hard(target[:, :width], scores) + share * temperature**2 * kl

    return loss


def _shift(prior: np.ndarray) -> np.ndarray:
    """What is added to the scores: log prior (C,), or for one unit the log odds (1,)."""
    logs = np.log(np.maximum(prior, 1e-9)).astype(np.float32)
    return logs if len(logs) > 2 else logs[1:] - logs[:1]


def _binary(target, scores, smoothing: float, focus: float):
    """Losses (N,) of one unit."""
    from keras import ops

    soft = target * (1 - smoothing) + smoothing / 2
    if not focus:
        return ops.binary_crossentropy(soft, scores, from_logits=True)[:, 0]
    chance = ops.sigmoid(scores)
    sick = (1 - chance) ** focus * ops.softplus(-scores)
    well = chance**focus * ops.softplus(scores)
    return (soft * sick + (1 - soft) * well)[:, 0]


def _categorical(target, scores, smoothing: float, focus: float):
    """Losses (N,) of C units."""
    from keras import ops

    soft = target * (1 - smoothing) + smoothing / target.shape[-1]
    if not focus:
        return ops.categorical_crossentropy(soft, scores, from_logits=True)
    logs = ops.log_softmax(scores, axis=-1)
    return -ops.sum(soft * (1 - ops.exp(logs)) ** focus * logs, axis=-1)


def _weight(target, weights: np.ndarray):
    """The weight (N,) of each image: that of its class, or of its classes in their shares."""
    from keras import ops

    if target.shape[-1] == 1:
        return (weights[0] + (weights[1] - weights[0]) * target)[:, 0]
    return ops.sum(target * weights, axis=-1)
