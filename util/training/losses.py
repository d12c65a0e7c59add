"""Loss functions on scores, in backend-neutral Keras operations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def binary_loss(smoothing: float) -> Callable:
    """Cross-entropy of one sigmoid unit: scores (N, 1) against targets (N, 1) in {0, 1}, labels smoothed."""
    from keras import ops

    def loss(target, scores):
        soft = target * (1 - smoothing) + smoothing / 2
        return ops.mean(ops.binary_crossentropy(soft, scores, from_logits=True))

    return loss


def adjusted_loss(prior: np.ndarray, smoothing: float) -> Callable:
    """Cross-entropy of scores (N, C) + log(prior (C,) of the sampled classes) against one-hot targets (N, C).

    The plain scores then decide as if classes were equally frequent. Menon et al. 2021, "Long-tail learning via
    logit adjustment".
    """
    from keras import ops

    shift = np.log(np.maximum(prior, 1e-9)).astype(np.float32)

    def loss(target, scores):
        soft = target * (1 - smoothing) + smoothing / target.shape[-1]
        return ops.mean(ops.categorical_crossentropy(soft, scores + shift, from_logits=True))

    return loss
