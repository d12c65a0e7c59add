"""An `.h5` as two callables, `trunk(image) -> features` and `head(features, metadata) -> scores`."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from util.modelstore.arrays import sha256_of
from util.modelstore.card import Card
from util.modelstore.engine import Engine
from util.modelstore.errors import CardError
from util.modelstore.halves import misfit


class Network:
    """One model, loaded on first use; every method may be called from many threads at once.

    Pixels are uint8 (N, S, S, 3) in [0, 255]; features float32 (N, h, w, c); encoded metadata float32 (N, m), or None
    for a network without it; scores float32 (N, units), before the activation. ModelError where the file does not
    fit its card. Read `docs/architecture.md` on scores. `altered`: the weights are not those of the card's file (see
    `randomised_network`), so that whatever reads the file speaks of another network.
    """

    def __init__(self, card: Card, engine: Engine | None = None, *, altered: bool = False) -> None:
        self.card = card
        self.altered = altered
        self._engine = engine or Engine(card)

    def answer(
        self, pixels: np.ndarray, encoded: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features (N, h, w, c) at the Grad-CAM layer, scores (N, units), and pooled features (see `forward`)."""
        features, scores, pooled = self._engine.call("answer", pixels, *self._row(encoded))
        return features.numpy(), scores.numpy(), pooled.numpy()

    def forward(self, pixels: np.ndarray, encoded: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Scores (N, units), and the pooled features (N, F) of the card's familiarity layer, of a batch."""
        _, scores, pooled = self._engine.call("answer", pixels, *self._row(encoded))
        return scores.numpy(), pooled.numpy()

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Features (N, h, w, c) alone."""
        empty = self.card.metadata and np.zeros((len(pixels), self.card.metadata.width), np.float32)
        return self.answer(pixels, empty)[0]

    def scores(self, features: np.ndarray, encoded: np.ndarray | None = None) -> np.ndarray:
        """The scores (N, units) that follow from features and metadata."""
        return self._engine.call("scores", features, *self._row(encoded)).numpy()

    def scores_and_gradient(
        self, features: np.ndarray, encoded: np.ndarray | None, target: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The scores (N, units), and the gradient (N, h, w, c) of the score of class `target` by the features.

        For one unit the score of class 0 is minus the logit.
        """
        weights = self._weights(target)
        scores, gradient = self._engine.call("gradient", features, *self._row(encoded), weights)
        return scores.numpy(), gradient.numpy()

    def score_pixels(self, pixels: np.ndarray, encoded: np.ndarray | None = None) -> np.ndarray:
        """The scores (N, units) of pixels float32 (N, S, S, 3) in [0, 255], which need not be whole numbers."""
        return self._engine.call("pixels", np.asarray(pixels, np.float32), *self._row(encoded)).numpy()

    def input_gradient(
        self, pixels: np.ndarray, encoded: np.ndarray | None, target: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The scores (N, units) of pixels float32 (N, S, S, 3) in [0, 255], and the gradient of `target`'s by them.

        The gradient float32 (N, S, S, 3) is that of the score before the activation, in score per grey level.
        """
        given = np.asarray(pixels, np.float32), *self._row(encoded), self._weights(target)
        scores, gradient = self._engine.call("input_gradient", *given)
        return scores.numpy(), gradient.numpy()

    def layer_gradient(
        self, pixels: np.ndarray, encoded: np.ndarray | None, target: int, layer: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores (N, units), the features (N, h, w, c) of any `layer` of `layers`, and `target`'s gradient by them.

        Pixels float32 or uint8 (N, S, S, 3) in [0, 255]. ModelError for a layer that has no feature map.
        """
        given = np.asarray(pixels, np.float32), *self._row(encoded), self._weights(target)
        return tuple(tensor.numpy() for tensor in self._engine.call(f"layer:{layer}", *given))

    def pixels_function(self) -> Any:
        """What `score_pixels` runs, as TensorFlow's own concrete function: what other runtimes are made from."""
        return self._engine.function("pixels")

    @property
    def layers(self) -> tuple[str, ...]:
        """Paths of the layers whose feature map a class activation map can be drawn at, first to last."""
        return self._engine.layers

    def warm_up(self) -> None:
        """Load, and run everything once on an empty image, so that the first person does not wait."""
        size = self.card.input
        pixels = np.zeros((1, size.height, size.width, size.channels), np.uint8)
        encoded = np.zeros((1, self.card.metadata.width), np.float32) if self.card.metadata else None
        features, _, _ = self.answer(pixels, encoded)
        self.scores(features, encoded)
        self.scores_and_gradient(features, encoded, 0)

    def _weights(self, target: int) -> np.ndarray:
        """What the scores are multiplied with to give that of `target`."""
        weights = np.zeros(self.card.units, np.float32)
        if self.card.units == 1:
            weights[0] = 1 if target else -1
        else:
            weights[target] = 1
        return weights

    def _row(self, encoded: np.ndarray | None) -> tuple[np.ndarray, ...]:
        if (encoded is None) != (self.card.metadata is None):
            width = self.card.metadata.width if self.card.metadata else 0
            given = 0 if encoded is None else encoded.shape[-1]
            raise misfit(self.card, "given_metadata", width, given)
        return () if encoded is None else (np.ascontiguousarray(encoded, np.float32),)


_engines: dict[tuple, Engine] = {}
_engines_lock = threading.Lock()


def open_network(card: Card) -> Network:
    """The network of `card`; a file is loaded once a process, on first use, however many cards or callers ask.

    Raises CardError where the `.h5` is missing or its SHA-256 is not the card's; using it raises ModelError where
    the file has foreign code in it, cannot be read, or does not fit the card.
    """
    # Everything that shapes the compiled functions; calibration and words may change without a new load.
    layers = (card.gradcam_layer, card.familiarity_layer)
    key = (card.sha256, layers, card.input, card.units, card.activation, card.metadata, card.views)
    with _engines_lock:
        if key not in _engines:
            check_file(card)
            _engines[key] = Engine(card)
        return Network(card, _engines[key])


def check_file(card: Card) -> None:
    """Raise CardError where the `.h5` of `card` is missing or its SHA-256 is not the card's."""
    path = card.folder / card.file
    if not path.is_file():
        raise CardError("modelstore.file_missing", card=card.name, file=card.file)
    if (found := sha256_of(path)) != card.sha256:
        raise CardError(
            "modelstore.file_changed", file=card.file, expected=card.sha256[:12], received=found[:12]
        )
