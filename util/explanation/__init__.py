"""Floor 6: where in the image a score came from, and measures of such maps."""

from util.explanation.drawing import COLOUR_MAPS, colour_table, default_colours, legend, overlay
from util.explanation.grad_cam import grad_cam
from util.explanation.values import Explanation

__all__ = [
    "COLOUR_MAPS",
    "Explanation",
    "colour_table",
    "default_colours",
    "grad_cam",
    "legend",
    "overlay",
]
