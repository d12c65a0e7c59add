"""Floor 6: where in the image a score came from, and measures of such maps."""

from util.explanation.agreement import Agreement, agreement
from util.explanation.asker import Asker, Cancelled, asker_for
from util.explanation.composite import Confidence, RiskCoverage, confidence, judge, limit_for, risk_coverage
from util.explanation.consensus import consensus
from util.explanation.controls import CONTROLS, controls
from util.explanation.drawing import COLOUR_MAPS, colour_table, default_colours, legend, overlay
from util.explanation.faithfulness import Curves, Faithfulness, chances, faithfulness
from util.explanation.fields import lesion_mask, lung_mask
from util.explanation.focus import border_share, inside_share, peak_inside
from util.explanation.grad_cam import grad_cam
from util.explanation.metadata_attribution import MetadataAttribution, attribute_metadata
from util.explanation.method import PRESETS, Method
from util.explanation.methods import FIRST, NAMES, find_method
from util.explanation.question import Question
from util.explanation.repeatability import Repeatability, noisy_copies, repeatability
from util.explanation.sanity import Sanity, cascade, sanity
from util.explanation.values import Explanation

__all__ = [
    "COLOUR_MAPS",
    "CONTROLS",
    "FIRST",
    "NAMES",
    "PRESETS",
    "Agreement",
    "Asker",
    "Cancelled",
    "Confidence",
    "Curves",
    "Explanation",
    "Faithfulness",
    "MetadataAttribution",
    "Method",
    "Question",
    "Repeatability",
    "RiskCoverage",
    "Sanity",
    "agreement",
    "asker_for",
    "attribute_metadata",
    "border_share",
    "cascade",
    "chances",
    "colour_table",
    "confidence",
    "consensus",
    "controls",
    "default_colours",
    "faithfulness",
    "find_method",
    "grad_cam",
    "inside_share",
    "judge",
    "legend",
    "lesion_mask",
    "limit_for",
    "lung_mask",
    "noisy_copies",
    "overlay",
    "peak_inside",
    "repeatability",
    "risk_coverage",
    "sanity",
]
