"""Temperature and decision of each fold, fitted on what was said out of fold of all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import yaml

from util.modelstore.card import Calibration, Decision
from util.prediction.arithmetic import danger_probability, decide, probabilities
from util.training import calibration
from util.training.data_root import DataError
from util.training.dataset import LABELS
from util.training.texts import TEXTS, own_rules


@dataclass(frozen=True)
class Rule:
    """How a modality decides: the classes of `danger`, the kind of `bias`, and the `threshold` rule of its card."""

    labels: tuple[str, ...]
    danger: tuple[str, ...]
    bias: str
    threshold: dict

    @property
    def activation(self) -> str:
        """The activation of a network for these classes."""
        return "sigmoid" if len(self.labels) == 2 else "softmax"


def rule_of(modality: str, labels: Sequence[str], loss: str) -> Rule:
    """The rule in the modality's card texts; for a reader's own classes that of their card.

    The log prior is put back only where the `loss` took it out: elsewhere a bias is fitted. Menon et al. 2021.
    """
    labels = tuple(labels)
    if labels == LABELS.get(modality):
        texts = yaml.safe_load((TEXTS / f"{modality}.yaml").read_text("utf-8"))
    else:
        texts = own_rules(modality, labels, loss)
    bias = "fitted" if texts["bias"] == "prior" and loss != "logit_adjusted" else texts["bias"]
    return Rule(labels, tuple(texts["danger"]), bias, texts["threshold"])


@dataclass(frozen=True)
class Choices:
    """What was fitted on one set of answers: the part of a card that `util.prediction.arithmetic` reads."""

    labels: tuple[str, ...]
    danger: tuple[str, ...]
    activation: str
    calibration: Calibration
    decision: Decision | None = None


def fitted(scores: np.ndarray, target: np.ndarray, rule: Rule, on: str) -> Choices:
    """Temperature, bias and decision of scores (N, units) against target (N,), by `rule`; `on` names the images."""
    prior = np.bincount(target, minlength=len(rule.labels)) / len(target)
    if not prior.all():
        raise DataError("studies.class_missing", label=rule.labels[int(prior.argmin())], where=on)
    bias = {"none": np.zeros(scores.shape[1]), "prior": np.log(prior), "fitted": None}[rule.bias]
    weights = calibration.equal_weights(target) if rule.bias == "none" else None
    found = calibration.fit_calibration(scores, target, rule.activation, bias, on, weights)
    choices = Choices(rule.labels, rule.danger, rule.activation, found)
    danger = danger_probability(probabilities(scores, choices), choices)
    sick = np.isin(target, [rule.labels.index(label) for label in rule.danger])
    way = rule.threshold["rule"]
    if way == "argmax":
        strength = calibration.fit_prior_strength(scores, target, prior)
        offsets = tuple(float(o) for o in strength * np.log(prior) / found.temperature)
        decision = Decision("argmax", on, offsets=offsets)
    elif way == "sensitivity":
        wanted = rule.threshold["sensitivity"]
        decision = Decision("threshold", on, calibration.threshold_at_sensitivity(danger, sick, wanted))
    else:
        decision = Decision("threshold", on, calibration.threshold_balanced(danger, sick))
    return Choices(rule.labels, rule.danger, rule.activation, found, decision)


@dataclass(frozen=True)
class CrossFitted:
    """Probabilities `chances` (N, C) and classes `decided` (N,), each by choices that did not see the image."""

    chances: np.ndarray
    decided: np.ndarray
    choices: dict[int, Choices]


def cross_fitted(scores: np.ndarray, target: np.ndarray, part: np.ndarray, rule: Rule) -> CrossFitted:
    """Choices for each part, fitted on the other ones: scores (N, units), target (N,), `part` (N,) int.

    Raises DataError where there is one part only.
    """
    names = np.unique(part)
    if len(names) < 2:
        raise DataError("studies.one_fold", received=str(len(names)))
    chances, decided = np.zeros((len(target), len(rule.labels))), np.zeros(len(target), int)
    choices = {}
    for name in names.tolist():
        mine = part == name
        on = "out-of-fold scores of the folds " + ", ".join(str(other) for other in names if other != name)
        choices[name] = fitted(scores[~mine], target[~mine], rule, on)
        chances[mine] = probabilities(scores[mine], choices[name])
        decided[mine] = decide(scores[mine], choices[name])
    return CrossFitted(chances, decided, choices)
