"""Floor 9: several methods of explanation on one image, side by side, with their cost and what they are worth."""

from util.comparison.asking import ComparisonError, asker_for, question_of
from util.comparison.comparing import compare
from util.comparison.store import STORE, Store
from util.comparison.values import Comparison, Composite, Finding, Focus, Progress

__all__ = [
    "STORE",
    "Comparison",
    "ComparisonError",
    "Composite",
    "Finding",
    "Focus",
    "Progress",
    "Store",
    "asker_for",
    "compare",
    "question_of",
]
