"""The figures that studies compare, each from plain arrays, with intervals by patient, lesion or slide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from util.training import validation
from util.training.configuration import Configuration
from util.training.metrics import (
    area_under_roc,
    brier,
    expected_calibration_error,
    with_intervals,
)

# The class of each modality that must not be missed, whose recall stands in every table.
CRITICAL = {"chest": "PNEUMONIA", "skin": "MEL", "breast": "1"}


def critical_class(modality: str, labels: Sequence[str]) -> int:
    """The index into `labels` of the class that must not be missed; of the last one for a reader's own classes."""
    wanted = CRITICAL.get(modality, labels[-1])
    return list(labels).index(wanted if wanted in labels else labels[-1])


def plain_decision(scores: np.ndarray) -> np.ndarray:
    """The class (N,) that scores (N, units) name without any fitted threshold: z > 0, or the largest."""
    return (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)


def confusion(target: np.ndarray, decided: np.ndarray, classes: int) -> np.ndarray:
    """Counts (C, C): row the true class, column the decided one."""
    return np.bincount(target * classes + decided, minlength=classes**2).reshape(classes, classes)


def from_confusion(counts: np.ndarray) -> dict[str, float]:
    """Accuracy, balanced accuracy and macro F1 of a confusion matrix (C, C); classes without images do not count."""
    true, said, right = counts.sum(1), counts.sum(0), np.diag(counts)
    there = true > 0
    return {
        "accuracy": float(right.sum() / counts.sum()),
        "balanced_accuracy": float((right[there] / true[there]).mean()),
        "macro_f1": float((2 * right[there] / (true + said)[there]).mean()),
    }


def plain_figures(scores: np.ndarray, target: np.ndarray, critical: int, classes: int) -> dict[str, float]:
    """Accuracy, balanced accuracy, macro F1, AUC and the recall of the class `critical`, nothing fitted.

    As in a run's `validation.json`; the AUC of several classes is the mean of one against the rest.
    """
    found = validation.plain_figures(scores, target, range(classes))
    kept = {name: float(found[name]) for name in ("accuracy", "balanced_accuracy", "macro_f1", "auc")}
    return kept | {"critical_recall": found["recall"].get(critical, float("nan"))}


def at_natural_mix(scores: np.ndarray, config: Configuration, prior: Sequence[float]) -> np.ndarray:
    """Scores (N, units) with the natural class mix `prior` (C,) put back, where training or sampling took it out.

    Only then can the AUCs of several classes of runs with other losses and samplers be compared: the shares of
    classes move them. One unit stays as it is: a shift does not change its AUC. Menon et al. 2021.
    """
    from util.training.distillation import assumed_mix

    if scores.shape[1] == 1:
        return scores
    natural = np.maximum(np.asarray(prior, float), 1e-9)
    return scores - assumed_mix(config, natural) + np.log(natural)


def decided_figures(
    chances: np.ndarray,
    decided: np.ndarray,
    target: np.ndarray,
    labels: Sequence[str],
    danger: Sequence[str],
    prevalence: float | None = None,
) -> dict[str, float]:
    """Figures of probabilities (N, C) and decisions (N,), both cross-fitted, against the target (N,).

    Two classes: AUC, sensitivity, specificity, F1 and, where a `prevalence` in (0, 1) is given, precision and F1 at it:
    classes re-weighted, since sampled slides do not show how rare a carcinoma is. Several: macro AUC, recalls. NaN
    where nothing is counted.
    """
    counts = confusion(target, decided, len(labels))
    found = from_confusion(counts)
    # A class without images in a bootstrap draw has no recall there, not one of 0: its interval leaves the draw out.
    true = np.where(counts.sum(1) > 0, counts.sum(1), np.nan)
    if len(labels) == 2:
        k = list(labels).index(danger[0])
        sensitivity, specificity = counts[k, k] / true[k], counts[1 - k, 1 - k] / true[1 - k]
        found |= {
            "auc": area_under_roc(chances[:, k], target == k),
            "sensitivity": float(sensitivity),
            "specificity": float(specificity),
            "f1": float(2 * counts[k, k] / max(counts[k].sum() + counts[:, k].sum(), 1)),
            "ece": expected_calibration_error(chances[:, k], target == k),
        }
        if prevalence is not None:
            found |= at_prevalence(sensitivity, specificity, prevalence)
    else:
        areas = [area_under_roc(chances[:, k], target == k) for k in range(len(labels))]
        wanted = [k for k, label in enumerate(labels) if label in danger]
        found |= {
            "macro_auc": float(np.nanmean(areas)),
            "danger_auc": area_under_roc(chances[:, wanted].sum(axis=1), np.isin(target, wanted)),
            "ece": expected_calibration_error(chances.max(axis=1), chances.argmax(axis=1) == target),
        }
        found |= {f"recall_{label}": float(counts[k, k] / true[k]) for k, label in enumerate(labels)}
    return found | {"brier": brier(chances, target)}


def at_prevalence(sensitivity: float, specificity: float, prevalence: float) -> dict[str, float]:
    """Precision and F1 where the share `prevalence` of the images is sick, by Bayes' rule."""
    found, alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    precision = found / max(found + alarms, 1e-12)
    f1 = 2 * precision * sensitivity / max(precision + sensitivity, 1e-12)
    return {"precision_at_prevalence": float(precision), "f1_at_prevalence": float(f1)}


def intervals(
    measure: Callable[[np.ndarray], Mapping[str, float]], group: np.ndarray, draws: int
) -> dict[str, list[float]]:
    """`[value, low, high]` of each figure of `measure(rows)`: 95 % bootstrap intervals by group."""
    return {
        name: [figure.value, figure.low, figure.high]
        for name, figure in with_intervals(measure, group, draws).items()
    }
