"""From scores to probabilities, decisions and bands: the same arithmetic in the app and in evaluation.

Scores are arrays (N, units) before the activation, probabilities (N, C) in [0, 1] with rows that sum to 1.
"""

from __future__ import annotations

import numpy as np

from util.modelstore import ModelError
from util.modelstore.card import Calibration, Card, Conformal, Decision, GreyZone
from util.prediction.values import BANDS


def class_scores(scores: np.ndarray) -> np.ndarray:
    """Scores a class (N, C): one unit z becomes (-z, z), several stay as they are."""
    return np.concatenate([-scores, scores], axis=-1) if scores.shape[-1] == 1 else scores


def says_something(scores: np.ndarray, card: Card) -> np.ndarray:
    """Whether scores (N, units) are finite and stay so through the card's calibration and rule, boolean (N,).

    Every comparison with what is no number is false: it would pass for the harmless class, below the grey zone.
    """
    scores = np.asarray(scores, np.float64)
    with np.errstate(all="ignore"):
        temperature = card.calibration.temperature if card.calibration else 1.0
        bias = np.asarray(card.calibration.bias if card.calibration else 0.0)
        offsets = np.asarray((card.decision and card.decision.offsets) or 0.0)
        parts = (scores, scores / temperature + bias, scores / temperature + offsets)
        return np.all([np.isfinite(part).all(axis=-1) for part in parts], axis=0)


def silent(card: Card) -> ModelError:
    """The error of a model whose scores say nothing of an image."""
    # What is fitted out of fold has no name yet.
    return ModelError("modelstore.model_silent", card=getattr(card, "name", "?"))


def check_scores(scores: np.ndarray, card: Card) -> None:
    """Raise ModelError where any of `scores` (N, units) or (units,) says nothing (see `says_something`)."""
    if not says_something(scores, card).all():
        raise silent(card)


def raw_probabilities(scores: np.ndarray, activation: str) -> np.ndarray:
    """What the file's own `activation` makes of `scores`: "sigmoid" (1 - s, s) of one unit, or "softmax"."""
    scores = np.asarray(scores, np.float64)
    if activation == "sigmoid":
        # The softmax of (-z/2, z/2) is the sigmoid of z, without overflow at either end.
        scores = class_scores(scores / 2)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def calibrated(scores: np.ndarray, calibration: Calibration, activation: str) -> np.ndarray:
    """Probabilities (N, C) of `scores / temperature + bias` (Guo et al. 2017; Menon et al. 2021)."""
    shifted = np.asarray(scores, np.float64) / calibration.temperature + np.asarray(calibration.bias)
    return raw_probabilities(shifted, activation)


def probabilities(scores: np.ndarray, card: Card) -> np.ndarray:
    """Calibrated probabilities (N, C) where the card has a calibration, else the raw ones; ModelError without any."""
    check_scores(scores, card)
    if card.calibration is None:
        return raw_probabilities(scores, card.activation)
    return calibrated(scores, card.calibration, card.activation)


def danger_probability(probabilities: np.ndarray, card: Card) -> np.ndarray:
    """The summed probability (N,) in [0, 1] of the classes that must not be missed."""
    wanted = [card.labels.index(label) for label in card.danger]
    return np.clip(probabilities[..., wanted].sum(axis=-1), 0, 1)


def decide(scores: np.ndarray, card: Card) -> np.ndarray:
    """The decided class (N,) as an index into the labels, by the card's rule.

    "argmax": largest of `scores / temperature + offsets`. "threshold": where p(danger) >= threshold the most probable
    of the dangerous classes, else the most probable of the others. Without a rule: the most probable class. Raises
    ModelError for scores that are not finite, or do not stay so.
    """
    check_scores(scores, card)
    rule = card.decision or Decision("none", "")
    scores = np.asarray(scores, np.float64)
    if rule.rule == "argmax":
        temperature = card.calibration.temperature if card.calibration else 1.0
        offsets = 0.0 if rule.offsets is None else np.asarray(rule.offsets)
        return class_scores(scores / temperature + offsets).argmax(axis=-1)
    chances = probabilities(scores, card)
    if rule.rule == "threshold":
        dangerous = np.array([label in card.danger for label in card.labels])
        positive = danger_probability(chances, card)[..., None] >= rule.threshold
        chances = np.where(positive == dangerous, chances, -1.0)
    return chances.argmax(axis=-1)


def band_indices(danger: np.ndarray, zone: GreyZone) -> np.ndarray:
    """Index (N,) into BANDS: 0 where danger < low, 1 where low <= danger <= high, 2 where danger > high.

    The three cover [0, 1] without a gap: both edges belong to the grey zone.
    """
    danger = np.asarray(danger)
    return (danger >= zone.low).astype(int) + (danger > zone.high).astype(int)


def band(danger: float, zone: GreyZone | None) -> str | None:
    """The band of one probability: "below", "grey" or "above" (see `band_indices`); None without a grey zone."""
    return None if zone is None else BANDS[int(band_indices(np.asarray(danger), zone))]


def prediction_sets(probabilities: np.ndarray, conformal: Conformal) -> np.ndarray:
    """Boolean (N, C): the classes kept by the Mondrian conformal rule, p_k >= minimum_k (Vovk 2012)."""
    return np.asarray(probabilities) >= np.asarray(conformal.minimum)
