"""What prediction hands on: scores, probabilities, the decision, its band, and how familiar the image is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BANDS = ("below", "grey", "above")


@dataclass(frozen=True)
class Metadata:
    """What is known of the patient: `age` in years, `sex` "female" or "male", `site` as listed; None is missing."""

    age: float | None = None
    sex: str | None = None
    site: str | None = None


@dataclass(frozen=True)
class Prediction:
    """A network's answer to one prepared image; arrays are read-only.

    `features` (1, h, w, c) float32: the feature map that the card names; `encoded` (1, m) metadata row or None;
    `scores` (units,) before the activation; `raw` (C,) what the file's own activation gives;
    `calibrated` (C,) or None without calibration; `decision` index into the labels by the card's rule;
    `top` index of the most probable class; `danger` the (calibrated, else raw) probability in [0, 1] of the classes
    that must not be missed; `band` one of BANDS or None without a grey zone; `prediction_set` indices kept by
    the conformal rule or None; `distance` feature distance and `familiar` whether it is under the card's threshold
    (None without statistics).
    """

    features: np.ndarray
    encoded: np.ndarray | None
    scores: np.ndarray
    raw: np.ndarray
    calibrated: np.ndarray | None
    decision: int
    top: int
    danger: float
    band: str | None
    prediction_set: tuple[int, ...] | None
    distance: float | None
    familiar: bool | None

    @property
    def probabilities(self) -> np.ndarray:
        """Calibrated probabilities (C,) where the card has a calibration, else the raw ones."""
        return self.raw if self.calibrated is None else self.calibrated
