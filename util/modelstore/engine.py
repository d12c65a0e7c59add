"""Compiled functions of one `.h5`, loaded once a process and shared by all threads."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from util.modelstore.card import Card
from util.modelstore.halves import Halves, open_halves
from util.modelstore.runtime import tensorflow

_LAYER = "layer:"
_LAYERS = 4  # functions of chosen layers kept at once


class Engine:
    """The compiled functions of one `.h5`, made on the first call; safe to call from many threads.

    "answer" (pixels, row) -> features, scores, pooled familiarity features; "scores" (features, row) -> scores;
    "gradient" (features, row, weights) -> scores, gradient of `scores @ weights` by the features; "pixels" (pixels
    float32, row) -> scores; "input_gradient" (pixels float32, row, weights) -> scores, gradient by the pixels;
    "layer:<path>" (pixels float32, row, weights) -> scores, features of that layer, gradient by them. The row of
    metadata is left out where the card has none. Signatures are fixed, so that nothing is traced twice.
    """

    def __init__(self, card: Card, halves: Halves | None = None) -> None:
        self.card = card
        self._lock = threading.Lock()
        self._functions: dict[str, Any] | None = None
        self._traced: dict[str, Any] = {}
        self._halves = halves  # opened from the card's file when first needed, unless they are given

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers with a feature map on the way from the image to the scores, first to last."""
        with self._lock:
            return self._opened().layers()

    def call(self, name: str, *arrays: np.ndarray) -> Any:
        """What the function `name` gives, as TensorFlow's own tensors."""
        function = self.function(name)
        constant = tensorflow().constant
        return function(*(constant(array) for array in arrays))

    def function(self, name: str) -> Any:
        """The concrete function `name`, traced once."""
        return self._traced.get(name) or self._trace(name)

    def _trace(self, name: str) -> Any:
        with self._lock:
            if self._functions is None:
                self._functions = self._build()
            if name.startswith(_LAYER) and name not in self._functions:
                old = [known for known in self._functions if known.startswith(_LAYER)]
                for known in old[: max(0, len(old) + 1 - _LAYERS)]:  # each holds a copy of the weights
                    del self._functions[known]
                    self._traced.pop(known, None)
                self._functions[name] = self._at_layer(name.removeprefix(_LAYER))
            if name not in self._traced:
                self._traced[name] = self._functions[name].get_concrete_function()
            return self._traced[name]

    def _opened(self) -> Halves:
        if self._halves is None:
            self._halves = open_halves(self.card)
        return self._halves

    def _at_layer(self, layer: str) -> Any:
        """The function of one layer of the network's own choice, found by its name or path."""
        tf = tensorflow()
        halves, size = self._opened(), self.card.input
        part, views = halves.through(self.card, layer), halves.views
        pixels = tf.TensorSpec((None, size.height, size.width, size.channels), tf.float32)
        row = [tf.TensorSpec((None, self.card.metadata.width), tf.float32)] if self.card.metadata else []

        def at_layer(pixels, *row_and_weights):
            *row, weights = row_and_weights
            with tf.GradientTape() as tape:
                image = views.seen(pixels * size.scale + size.offset)
                tape.watch(image)
                features, each = part(image, *views.repeated(row))
                scores = views.mean(each)
                chosen = tf.reduce_sum(scores * weights)
            slope = tape.gradient(chosen, features, unconnected_gradients="zero")
            return scores, views.beside(features), views.beside(slope)

        signature = (pixels, *row, tf.TensorSpec((self.card.units,), tf.float32))
        return tf.function(at_layer, input_signature=signature, jit_compile=False, autograph=False)

    def _build(self) -> dict[str, Any]:
        tf = tensorflow()
        halves, size = self._opened(), self.card.input
        trunk, head = halves.trunk, halves.head
        pixels = tf.TensorSpec((None, size.height, size.width, size.channels), tf.uint8)
        features = tf.TensorSpec(trunk.shapes[0], tf.float32)
        row = [tf.TensorSpec((None, self.card.metadata.width), tf.float32)] if self.card.metadata else []
        weights = tf.TensorSpec((self.card.units,), tf.float32)
        floats = tf.TensorSpec(pixels.shape, tf.float32)

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

        def scored(pixels, *row):
            return head(trunk(pixels * size.scale + size.offset)[0], *row)[0]

        def input_gradient(pixels, *row_and_weights):
            *row, weights = row_and_weights
            with tf.GradientTape() as tape:
                tape.watch(pixels)
                scores = scored(pixels, *row)
                chosen = tf.reduce_sum(scores * weights)
            return scores, tape.gradient(chosen, pixels, unconnected_gradients="zero")

        return {
            name: tf.function(function, input_signature=signature, jit_compile=False, autograph=False)
            for name, function, signature in (
                ("answer", answer, (pixels, *row)),
                ("scores", lambda *given: head(*given)[0], (features, *row)),
                ("gradient", gradient, (features, *row, weights)),
                ("pixels", scored, (floats, *row)),
                ("input_gradient", input_gradient, (floats, *row, weights)),
            )
        }
