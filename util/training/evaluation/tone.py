"""The tone of the skin around a lesion, as far as a dermoscopy picture tells it: the individual typology angle.

ITA = arctan((L* - 50) / b*) in degrees (Chardon, Cretois, Hourseau 1991), on the median colour of the skin outside the
lesion as in Kinyanjui et al. 2020. It is approximate: it moves with light, white balance and camera, dermoscopes press
the blood out of the skin, and a picture whose colours were corrected before it was published keeps little of it.
"""

from __future__ import annotations

import cv2
import numpy as np

from util.explanation import lesion_mask
from util.preparation.hair import hair_mask
from util.training.dataset import Dataset
from util.training.evaluation.asking import pixels_of

# Lower edge of each kind in degrees, from light to dark (Chardon 1991; the same six in Kinyanjui 2020).
KINDS = (("very_light", 55.0), ("light", 41.0), ("intermediate", 28.0), ("tan", 10.0), ("brown", -30.0))
DARKEST = "dark"
UNKNOWN = "unknown"
_LEAST = 0.03  # share of the picture that must be plain skin
_RING = 0.04  # share of the short side at the border that is left out


def typology_angle(pixels: np.ndarray, lesion: np.ndarray) -> float:
    """ITA in degrees of `pixels` uint8 (H, W, 3) outside the boolean `lesion` (H, W); NaN with too little plain skin,
    or where that looks bluish.

    Left out: a margin around the lesion, the border, dark corners, hair, glare and ink.
    """
    side = min(pixels.shape[:2])
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = ~_wider(lesion, round(0.06 * side)) & ~_wider(hair_mask(pixels), 1)
    ring = max(1, round(_RING * side))
    skin[:ring], skin[-ring:], skin[:, :ring], skin[:, -ring:] = False, False, False, False
    lightness, red, yellow = (lab[..., i] for i in range(3))
    # The round field of the instrument: what is nearly black is not skin, and neither is its soft edge.
    skin &= ~_wider(lightness < 20, round(0.05 * side)) & (pixels.max(axis=-1) < 250) & (red > -5)
    if skin.mean() < _LEAST:
        return float("nan")
    light, warm = float(np.median(lightness[skin])), float(np.median(yellow[skin]))
    # Skin is never bluish: where it looks so, the light or the camera was, and the angle means nothing.
    return float(np.degrees(np.arctan2(light - 50, warm))) if warm > 0 else float("nan")


def kind(angle: float) -> str:
    """The name of the kind of skin that an ITA in degrees falls into; "unknown" for NaN."""
    if not np.isfinite(angle):
        return UNKNOWN
    return next((name for name, edge in KINDS if angle > edge), DARKEST)


def angles(dataset: Dataset) -> tuple[np.ndarray, int]:
    """ITA (N,) of every picture, NaN where it cannot be measured, and for how many a drawn lesion mask was known.

    Masks are those of the index's column `mask`; where there is none the lesion is estimated. Grey pictures have none.
    """
    found, drawn = np.full(len(dataset), np.nan), 0
    for index in range(len(dataset)):
        pixels = pixels_of(dataset, index)
        if pixels.ndim == 2:
            continue
        mask = known_mask(dataset, index)
        fits = mask is not None and mask.shape == pixels.shape[:2]
        drawn += fits
        found[index] = typology_angle(pixels, mask if fits else lesion_mask(pixels))
    return found, drawn


def known_mask(dataset: Dataset, index: int) -> np.ndarray | None:
    """The drawn lesion mask of row `index`, boolean (H, W), where the index names one."""
    name = dataset.columns["mask"][index] if "mask" in dataset.columns else ""
    file = dataset.folder / str(name)
    if not name or not file.is_file():
        return None
    mask = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if mask is None else mask > 127


def _wider(mask: np.ndarray, by: int) -> np.ndarray:
    if by < 1:
        return mask.astype(bool)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
