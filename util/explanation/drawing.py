"""A map in colour over its image, and the legend of the colours."""

from __future__ import annotations

import functools

import cv2
import numpy as np

from util.explanation.values import Explanation

# Perceptually uniform and readable without seeing red against green (Nunez et al. 2018 for cividis).
_TABLES = {"inferno": cv2.COLORMAP_INFERNO, "cividis": cv2.COLORMAP_CIVIDIS, "viridis": cv2.COLORMAP_VIRIDIS}
COLOUR_MAPS = tuple(_TABLES)
# For maps with two signs: dark where there is nothing, steadily lighter towards blue (against the class) and orange
# (for it), which every kind of colour vision tells apart. Ends and middle in CIELAB.
DIVERGING = "blue-orange"
_AGAINST, _NOTHING, _FOR = (70.0, -8.0, -46.0), (14.0, 0.0, 0.0), (70.0, 36.0, 72.0)
# Maps drawn pixel by pixel have a few pixels far above all others: this share of the strongest is at full colour.
SHARPEST = 0.01
# Below this share of the peak an image shows through fully; from twice it on the full opacity is drawn.
_FAINT = 0.15


def default_colours(modality: str) -> str:
    """The colour map that suits a modality: inferno on grey films, cividis on skin and stained tissue."""
    return "inferno" if modality == "chest" else "cividis"


@functools.cache
def colour_table(colours: str) -> np.ndarray:
    """The 256 colours of a map, uint8 (256, 3) RGB, read-only; KeyError for an unknown name."""
    if colours == DIVERGING:
        table = _diverging()
    else:
        ramp = np.arange(256, dtype=np.uint8)[:, None]
        table = cv2.applyColorMap(ramp, _TABLES[colours])[:, 0, ::-1].copy()
    table.setflags(write=False)
    return table


def _diverging() -> np.ndarray:
    """The 256 colours of DIVERGING, straight lines in CIELAB, where equal steps look equal."""
    places = np.linspace(-1, 1, 256)
    lab = [np.interp(places, (-1, 0, 1), ends) for ends in zip(_AGAINST, _NOTHING, _FOR, strict=True)]
    rgb = cv2.cvtColor(np.stack(lab, axis=-1)[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def overlay(
    pixels: np.ndarray, explanation: Explanation | np.ndarray, opacity: float, colours: str
) -> np.ndarray:
    """`pixels` uint8 (H, W, 3) under its map at `opacity` in [0, 1]: uint8 (H, W, 3), a new array.

    Opacity follows the evidence: where there is none the image stays as it is, so that it can still be read. An
    empty map changes nothing; a signed one is drawn in DIVERGING, whatever `colours` says; of one whose evidence is as
    fine as its pixels, the strongest SHARPEST are all drawn as the peak. A map of another size is
    enlarged. ValueError for an opacity outside [0, 1].
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"expected an opacity in [0, 1], received {opacity}")
    heat = explanation if isinstance(explanation, np.ndarray) else visible(explanation)
    if heat.shape != pixels.shape[:2]:
        heat = cv2.resize(heat, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    strength = np.clip(np.abs(heat), 0, 1)
    signed = not isinstance(explanation, np.ndarray) and explanation.signed
    shade = (heat + 1) / 2 if signed else heat
    colour = colour_table(DIVERGING if signed else colours)[
        np.rint(np.clip(shade, 0, 1) * 255).astype(np.uint8)
    ]
    alpha = (opacity * np.clip(strength / (2 * _FAINT), 0, 1))[..., None]
    return np.rint(pixels * (1 - alpha) + colour * alpha).astype(np.uint8)


def visible(explanation: Explanation) -> np.ndarray:
    """The heat (H, W) as it is drawn: itself, or, where it is as fine as its pixels, with its sharpest points cut."""
    top = full_colour(explanation)
    return explanation.heat if top == 1 else np.clip(explanation.heat / top, -1, 1)


def full_colour(explanation: Explanation) -> float:
    """The size of heat, above 0 and at most 1, from which on a map is drawn at full colour."""
    if not is_cut(explanation):
        return 1.0
    return float(np.quantile(np.abs(explanation.heat), 1 - SHARPEST)) or 1.0


def is_cut(explanation: Explanation) -> bool:
    """Whether the map is as fine as its pixels, so that its strongest SHARPEST are all drawn as the peak."""
    return tuple(explanation.grid) == explanation.heat.shape


def legend(colours: str, width: int = 256, height: int = 12) -> np.ndarray:
    """The colours of a map from no evidence (left) to the most (right): uint8 (height, width, 3)."""
    ramp = np.rint(np.linspace(0, 255, width)).astype(np.uint8)
    return np.repeat(colour_table(colours)[ramp][None], height, axis=0)
