"""What a method of explanation is asked: one network, one image, its prediction, one class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.modelstore import Network
from util.prediction import Prediction


@dataclass(frozen=True)
class Question:
    """Why `network` gives class `target` its score on `pixels`, the uint8 (S, S, 3) it was shown.

    `prediction` is its answer to these pixels, features and metadata row included; `layer` names the feature map that
    class activation maps look at (None: the one of the card). IndexError for a `target` that is no label, ValueError
    for pixels that are not the network's input.
    """

    network: Network
    pixels: np.ndarray
    prediction: Prediction
    target: int
    layer: str | None = None

    def __post_init__(self) -> None:
        card = self.network.card
        if not 0 <= self.target < len(card.labels):
            raise IndexError(f"expected a class in 0..{len(card.labels) - 1}, received {self.target}")
        shape = (card.input.height, card.input.width, card.input.channels)
        if self.pixels.shape != shape or self.pixels.dtype != np.uint8:
            given = f"{self.pixels.dtype} {self.pixels.shape}"
            raise ValueError(f"expected pixels uint8 {shape}, received {given}")

    @property
    def encoded(self) -> np.ndarray | None:
        """The metadata row float32 (1, m) of the prediction; None for a network without metadata."""
        return self.prediction.encoded

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def score(self) -> float:
        """The score of the target before the activation; of one unit, class 0 has minus the logit."""
        scores = self.prediction.scores
        if len(scores) == 1:
            return float(scores[0]) * (1 if self.target else -1)
        return float(scores[self.target])
