"""Floor 5: `Network` and `Prepared` become a `Prediction`."""

from util.prediction.arithmetic import (
    band,
    band_indices,
    calibrated,
    class_scores,
    danger_probability,
    decide,
    prediction_sets,
    probabilities,
    raw_probabilities,
)
from util.prediction.familiarity import distances
from util.prediction.metadata import MetadataError, encode
from util.prediction.predict import interpret, predict
from util.prediction.values import BANDS, Metadata, Prediction

__all__ = [
    "BANDS",
    "Metadata",
    "MetadataError",
    "Prediction",
    "band",
    "band_indices",
    "calibrated",
    "class_scores",
    "danger_probability",
    "decide",
    "distances",
    "encode",
    "interpret",
    "predict",
    "prediction_sets",
    "probabilities",
    "raw_probabilities",
]
