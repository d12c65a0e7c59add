"""Floor 6: where in the image a score came from, and measures of such maps."""

from util.explanation.asker import Asker, Cancelled
from util.explanation.drawing import COLOUR_MAPS, colour_table, default_colours, legend, overlay
from util.explanation.fields import lesion_mask, lung_mask
from util.explanation.focus import border_share, inside_share, peak_inside
from util.explanation.grad_cam import grad_cam
from util.explanation.metadata_attribution import MetadataAttribution, attribute_metadata
from util.explanation.method import PRESETS, Method
from util.explanation.methods import FIRST, NAMES, find_method
from util.explanation.question import Question
from util.explanation.values import Explanation

__all__ = [
    "COLOUR_MAPS",
    "FIRST",
    "NAMES",
    "PRESETS",
    "Asker",
    "Cancelled",
    "Explanation",
    "MetadataAttribution",
    "Method",
    "Question",
    "attribute_metadata",
    "border_share",
    "colour_table",
    "default_colours",
    "find_method",
    "grad_cam",
    "inside_share",
    "legend",
    "lesion_mask",
    "lung_mask",
    "overlay",
    "peak_inside",
]
