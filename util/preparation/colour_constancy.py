"""Shades of grey: take the colour of the light out of a dermoscopy picture."""

from __future__ import annotations

import numpy as np

from util.language import Sentence
from util.preparation.result import Result


def shades_of_grey(pixels: np.ndarray, power: int = 6, strength: float = 1.0) -> Result:
    """Scale each channel so that the Minkowski means of order `power` are equal.

    `pixels` uint8 (H, W, 3); `strength` in [0, 1] goes from no change to full correction.
    Finlayson & Trezzi 2004; on dermoscopy Barata, Celebi, Marques 2015.
    """
    values = pixels.astype(np.float64)
    light = np.mean(values**power, axis=(0, 1)) ** (1 / power)
    # A black channel has no light to estimate: leave it.
    gains = np.where(light > 0, light.mean() / np.maximum(light, 1e-9), 1.0) ** strength
    corrected = np.clip(np.rint(values * gains), 0, 255).astype(np.uint8)
    return Result(
        corrected,
        Sentence.of("preparation.shades", red=gains[0], green=gains[1], blue=gains[2]),
    )
