"""Compiled functions of one `.h5`, loaded once a process and shared by all threads."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from util.modelstore.card import Card
from util.modelstore.halves import open_halves
from util.modelstore.runtime import tensorflow


class Engine:
    """The compiled functions of one `.h5`, made on the first call; safe to call from many threads.

    "answer" (pixels, row) -> features, scores, pooled familiarity features; "scores" (features, row) -> scores;
    "gradient" (features, row, weights) -> scores, gradient of `scores @ weights` by the features. The row of metadata
    is left out where the card has none. Signatures are fixed, so that nothing is traced twice.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self._lock = threading.Lock()
        self._functions: dict[str, Any] | None = None
        self._traced: dict[str, Any] = {}

    def call(self, name: str, *arrays: np.ndarray) -> Any:
        """What the function `name` gives, as TensorFlow's own tensors."""
        function = self._traced.get(name) or self._trace(name)
        constant = tensorflow().constant
        return function(*(constant(array) for array in arrays))

    def _trace(self, name: str) -> Any:
        with self._lock:
            if self._functions is None:
                self._functions = self._build()
            if name not in self._traced:
                self._traced[name] = self._functions[name].get_concrete_function()
            return self._traced[name]

    def _build(self) -> dict[str, Any]:
        tf = tensorflow()
        halves, size = open_halves(self.card), self.card.input
        trunk, head = halves.trunk, halves.head
        pixels = tf.TensorSpec((None, size.height, size.width, size.channels), tf.uint8)
        features = tf.TensorSpec(trunk.shapes[0], tf.float32)
        row = [tf.TensorSpec((None, self.card.metadata.width), tf.float32)] if self.card.metadata else []
        weights = tf.TensorSpec((self.card.units,), tf.float32)

        def answer(pixels, *row):
            image = tf.cast(pixels, tf.float32) * size.scale + size.offset  # (N, S, S, 3)
            features, tapped = trunk(image)
            return features, *head(features, *row), tf.reduce_mean(tapped, (1, 2))

        def gradient(features, *row_and_weights):
            *row, weights = row_and_weights
            with tf.GradientTape() as tape:
                tape.watch(features)
                (scores,) = head(features, *row)  # (N, units)
                chosen = tf.reduce_sum(scores * weights)
            return scores, tape.gradient(chosen, features, unconnected_gradients="zero")

        return {
            name: tf.function(function, input_signature=signature, jit_compile=False, autograph=False)
            for name, function, signature in (
                ("answer", answer, (pixels, *row)),
                ("scores", lambda *given: head(*given)[0], (features, *row)),
                ("gradient", gradient, (features, *row, weights)),
            )
        }
