"""Two ways of answering the same images: their difference, with an interval by group, each image its own control."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from util.training.data_root import DataError
from util.training.studies.crossvalidation import decided_out_of_fold
from util.training.studies.figures import confusion, from_confusion, intervals


def paired_difference(
    target: np.ndarray, group: np.ndarray, first: np.ndarray, second: np.ndarray, classes: int, draws: int
) -> dict[str, list[float]]:
    """Balanced accuracy of two decisions (N,) on the same images and first minus second, each with its interval."""

    def measure(rows: np.ndarray) -> dict[str, float]:
        a, b = (
            from_confusion(confusion(target[rows], said[rows], classes))["balanced_accuracy"]
            for said in (first, second)
        )
        return {"first": a, "second": b, "difference": a - b}

    return intervals(measure, group, draws)


def metadata_question(fused: Path, image: Path, *, draws: int = 1000) -> dict[str, object]:
    """The fused model without metadata against an image-only model, both cross-fitted on the same folds.

    `fused` and `image` are folders of cross-validations. Raises DataError where they do not answer the same images.
    """
    bare, _, first = decided_out_of_fold(fused, metadata=False)
    alone, fold, second = decided_out_of_fold(image)
    if not np.array_equal(bare.path, alone.path):
        raise DataError("studies.other_images", first=str(fused), second=str(image))
    classes = second.chances.shape[1]
    return {
        "question": "fused without metadata minus image only, balanced accuracy, cross-fitted",
        "folds": np.unique(fold).tolist(),
        "images": len(alone.target),
        "groups": len(np.unique(alone.group)),
        **paired_difference(alone.target, alone.group, first.decided, second.decided, classes, draws),
    }
