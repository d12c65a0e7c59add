"""Floor 9: several methods of explanation on one image, side by side, with their cost and what they are worth."""

from util.comparison.arrays import comparison_npz
from util.comparison.asking import ComparisonError, make_ready, question_of
from util.comparison.comparing import compare
from util.comparison.forgetting import Forgetting, Stage, cascade
from util.comparison.pairing import Pair, two_models
from util.comparison.paper import comparison_pdf
from util.comparison.repeating import Repeated, repeat
from util.comparison.second_engine import PEERS, SecondOpinion, by_tf_keras_vis
from util.comparison.sheet import comparison_png
from util.comparison.store import STORE, Store
from util.comparison.values import Comparison, Composite, Finding, Focus, Progress

__all__ = [
    "PEERS",
    "STORE",
    "Comparison",
    "ComparisonError",
    "Composite",
    "Finding",
    "Focus",
    "Forgetting",
    "Pair",
    "Progress",
    "Repeated",
    "SecondOpinion",
    "Stage",
    "Store",
    "by_tf_keras_vis",
    "cascade",
    "compare",
    "comparison_npz",
    "comparison_pdf",
    "comparison_png",
    "make_ready",
    "question_of",
    "repeat",
    "two_models",
]
