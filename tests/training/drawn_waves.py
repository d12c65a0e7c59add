"""Pictures with something to see at every scale, for networks that have learned nothing."""

import numpy as np


def pictures(count=3, side=64, seed=0):
    """Smooth coloured waves, uint8 (count, side, side, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    drawn = []
    for _ in range(count):
        waves = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in rng.normal(0, 3, (4, 3)))
        drawn.append(128 + waves[..., None] * rng.uniform(15, 45, 3))
    return np.clip(drawn, 0, 255).astype(np.uint8)
