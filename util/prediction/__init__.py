"""Floor 5: `Network` and `Prepared` become a `Prediction`."""

from util.prediction.values import BANDS, Metadata, Prediction

__all__ = ["BANDS", "Metadata", "Prediction"]
