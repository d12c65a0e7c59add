"""One prepared image and what is known of the patient become one `Prediction`."""

from __future__ import annotations

import math

import numpy as np

from util.modelstore import Network
from util.modelstore.card import Card
from util.prediction import arithmetic
from util.prediction.familiarity import distances
from util.prediction.metadata import encode
from util.prediction.values import Metadata, Prediction
from util.preparation import Prepared


def predict(network: Network, prepared: Prepared, metadata: Metadata | None = None) -> Prediction:
    """Run the network once on `prepared.pixels` (S, S, 3) and apply the card's calibration, rule and bands.

    Metadata is ignored by a network that takes none. Raises MetadataError for a value the card does not know, and
    ModelError where the file does not fit its card.
    """
    card = network.card
    encoded = encode(metadata or Metadata(), card.metadata)[None] if card.metadata else None
    features, scores, pooled = network.answer(prepared.pixels[None], encoded)
    return interpret(card, features, encoded, scores[0], pooled[0])


def interpret(
    card: Card, features: np.ndarray, encoded: np.ndarray | None, scores: np.ndarray, pooled: np.ndarray
) -> Prediction:
    """The `Prediction` that follows from one image's features (1, h, w, c), scores (units,), pooled features (F,).

    Raises ModelError where the scores, or the distance of the features, are no numbers.
    """
    arithmetic.check_scores(scores, card)
    raw = arithmetic.raw_probabilities(scores, card.activation)
    fitted = arithmetic.calibrated(scores, card.calibration, card.activation) if card.calibration else None
    chances = raw if fitted is None else fitted
    danger = float(arithmetic.danger_probability(chances, card))
    kept = None
    if card.conformal and fitted is not None:
        kept = tuple(int(k) for k in np.flatnonzero(arithmetic.prediction_sets(fitted, card.conformal)))
    distance = familiar = None
    if card.familiarity and card.arrays:
        distance = float(distances(pooled, card.arrays.values)[0])
        if math.isnan(distance):
            raise arithmetic.silent(card)
        familiar = distance <= card.familiarity.threshold
    return Prediction(
        features=_frozen(features),
        encoded=_frozen(encoded),
        scores=_frozen(scores),
        raw=_frozen(raw),
        calibrated=_frozen(fitted),
        decision=int(arithmetic.decide(scores, card)),
        top=int(chances.argmax()),
        danger=danger,
        # A raw score is not a probability: without calibration it falls into no band.
        band=arithmetic.band(danger, card.grey_zone) if fitted is not None else None,
        prediction_set=kept,
        distance=distance,
        familiar=familiar,
    )


def _frozen(array: np.ndarray | None) -> np.ndarray | None:
    if array is not None and array.flags.writeable:
        array.setflags(write=False)
    return array
