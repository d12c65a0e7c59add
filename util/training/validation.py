"""What a run says of its validation part: plain figures, nothing fitted, and the scores themselves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from util.training.dataset import Dataset
from util.training.metrics import area_under_roc


def quick_figures(scores: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """AUC and balanced accuracy of scores (N, units) against the target (N,), as in `plain_figures`."""
    labels = [str(k) for k in range(max(2, scores.shape[1]))]
    found = plain_figures(scores, target, labels)
    return {name: found[name] for name in ("auc", "balanced_accuracy")}


def plain_figures(scores: np.ndarray, target: np.ndarray, labels) -> dict[str, object]:
    """Accuracy, balanced accuracy, macro F1, AUC and the recall of each class, of the plain decision.

    Scores (N, units) before the activation decide by z > 0 or by the largest. The AUC of several classes is the mean
    of one against the rest, on softmax probabilities. Classes without an image do not count; NaN where none does.
    """
    if scores.shape[1] == 1:
        decided = (scores[:, 0] > 0).astype(int)
        areas = [area_under_roc(scores[:, 0], target == 1)]
    else:
        decided = scores.argmax(axis=1)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True).astype(np.float64))
        chances = powers / powers.sum(axis=1, keepdims=True)
        areas = [area_under_roc(chances[:, k], target == k) for k in range(scores.shape[1])]
    recall, f1 = {}, []
    for k, label in enumerate(labels):
        mine, said = target == k, decided == k
        if mine.any():
            recall[label] = float((mine & said).sum() / mine.sum())
            f1.append(2 * (mine & said).sum() / (mine.sum() + said.sum()))
    known = [area for area in areas if not np.isnan(area)]
    return {
        "accuracy": float((decided == target).mean()),
        "balanced_accuracy": float(np.mean(list(recall.values()))),
        "macro_f1": float(np.mean(f1)),
        "auc": float(np.mean(known)) if known else float("nan"),
        "recall": recall,
    }


def write(output: Path, scores: np.ndarray, data: Dataset) -> None:
    """`validation.npz` and `validation.json` in `output`, of scores (N, units) of the images of `data`."""
    unfinished = output / "validation.tmp.npz"
    np.savez_compressed(
        unfinished, scores=scores, target=data.target, group=data.group, path=np.array(data.paths)
    )
    unfinished.replace(output / "validation.npz")
    found = plain_figures(scores, data.target, data.labels)
    said = found | {"n": len(data), "groups": len(np.unique(data.group))}
    (output / "validation.json").write_text(json.dumps(said, indent=1), "utf-8")
