"""Floor 6: where in the image a score came from, and measures of such maps."""

from util.explanation.values import Explanation

__all__ = ["Explanation"]
