"""Floor 3: a `Photograph` becomes a model input in visible steps, the same in training and in the app."""

from util.preparation.chain import STEPS, PreparationError, demonstrate, prepare, run_step
from util.preparation.prepared import Prepared, Step

__all__ = ["STEPS", "Prepared", "PreparationError", "Step", "demonstrate", "prepare", "run_step"]
