"""A drawn picture, and small networks to ask about it."""

from __future__ import annotations

import cv2
import numpy as np

from tests import networks
from tests.explanation.asked import quarter


def file_of(seed=0, size=(64, 80)):
    """The bytes of a PNG of smooth waves with a bright spot in the upper left quarter."""
    y, x = np.mgrid[: size[0], : size[1]] / max(size)
    rng = np.random.default_rng(seed)
    waves = sum(np.sin(6 * (rng.normal() * x + rng.normal() * y) + rng.normal()) for _ in range(3))
    spot = 90 * np.exp(-(((x - 0.25) ** 2 + (y - 0.2) ** 2) / 0.01))
    pixels = np.clip(90 + waves[..., None] * rng.uniform(10, 25, 3) + spot[..., None], 0, 255).astype(
        np.uint8
    )
    return cv2.imencode(".png", pixels)[1].tobytes()


def folder_of(place):
    """A models folder: a fused skin model, two flat chest models (the second sees one quarter), a sigmoid one."""
    mapping = networks.card_mapping
    networks.write_model(place, networks.flat(), mapping("chest"), networks.card_arrays())
    networks.write_model(place, networks.fused(), mapping("skin"), networks.card_arrays())
    networks.write_model(place, networks.sigmoid(), mapping("breast"), networks.card_arrays())
    changes = {"name": "chest-quarter", "default": False, "familiarity": None, "calibration": None}
    changes |= {"decision": None, "grey_zone": None, "conformal": None, "test": None}
    networks.write_model(place, quarter(), mapping("chest", **changes))
    return place
