"""How far an image's features lie from those the model was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def distances(pooled: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Distance (N,) >= 0 of pooled features (N, F) from the training features described by `arrays`.

    sqrt(mean(((f - mean) @ axes / spread)**2) + (|residual| / feature_residual)**2): a Mahalanobis distance inside the
    main axes (Lee et al. 2018) and the part of the feature outside them (Ndiour et al. 2020). See `card.Arrays`.
    """
    centred = np.atleast_2d(pooled).astype(np.float64) - arrays["feature_mean"]
    axes = np.asarray(arrays["feature_axes"], np.float64)
    inside = centred @ axes  # (N, K)
    residual = np.linalg.norm(centred - inside @ axes.T, axis=-1)
    along = np.mean((inside / arrays["feature_spread"]) ** 2, axis=-1)
    return np.sqrt(along + (residual / float(np.asarray(arrays["feature_residual"]).ravel()[0])) ** 2)
