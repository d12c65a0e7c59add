"""Loading: from an `.h5` to compiled functions, once a process."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from util.language import Sentence
from util.modelstore import h5
from util.modelstore.card import Card
from util.modelstore.errors import ModelError
from util.modelstore.graph import Call, Graph, Slot, flatten
from util.modelstore.runtime import tensorflow


class Engine:
    """The compiled functions of one `.h5`, made on the first call; safe to call from many threads."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self._lock = threading.Lock()
        self._functions: dict[str, Any] | None = None
        self._concrete: dict[str, Any] = {}

    def call(self, name: str, *arrays: np.ndarray) -> Any:
        """TensorFlow results of the function `name` ("features", "scores", "gradient", "forward")."""
        function = self._concrete.get(name) or self._traced(name)
        constant = tensorflow().constant
        return function(*(constant(array) for array in arrays))

    def _traced(self, name: str) -> Any:
        with self._lock:
            if self._functions is None:
                self._functions = self._load()
            if name not in self._concrete:
                self._concrete[name] = self._functions[name].get_concrete_function()
            return self._concrete[name]

    def _load(self) -> dict[str, Any]:
        path = self.card.folder / self.card.file
        h5.refuse_code(h5.config_of(path), path.name)
        tensorflow()
        import keras

        try:
            model = keras.models.load_model(path, compile=False, safe_mode=True)
        except Exception as cause:  # Keras raises nearly anything for a file it cannot rebuild
            raise ModelError("modelstore.model_unreadable", file=path.name) from cause
        graph = flatten(model)
        image, metadata = self._inputs(graph)
        scores = self._before_activation(graph)
        cut = graph.find(self.card.gradcam_layer)
        if cut is None or len(graph.shapes[cut]) != 4:
            maps = [name for name, slot in graph.names.items() if len(graph.shapes[slot]) == 4][-5:]
            raise ModelError(
                "modelstore.model_layer",
                card=self.card.name,
                layer=self.card.gradcam_layer,
                names=", ".join(maps) or "-",
            )
        trunk, lacking = graph.between([image], [cut])
        head, bypass = graph.between([cut, *metadata], [scores])
        if lacking or bypass:
            raise ModelError("modelstore.model_cut", card=self.card.name, layer=self.card.gradcam_layer)
        return self._compiled(graph, _Part(trunk, (image,), cut), _Part(head, (cut, *metadata), scores))

    def _inputs(self, graph: Graph) -> tuple[Slot, tuple[Slot, ...]]:
        """The image input (rank 4) and the metadata input (rank 2), in whatever order the file has them."""
        images = [slot for slot in graph.inputs if len(graph.shapes[slot]) == 4]
        rows = [slot for slot in graph.inputs if len(graph.shapes[slot]) == 2]
        size = self.card.input
        expected = (size.height, size.width, size.channels)
        shapes = [graph.shapes[slot] for slot in graph.inputs]
        fits = len(images) == 1 and len(shapes) == len(images) + len(rows)
        fits = fits and all(
            a in (None, b) for a, b in zip(graph.shapes[images[0]][1:], expected, strict=True)
        )
        if not fits or len(rows) != (1 if self.card.metadata else 0):
            raise misfit(self.card, "what_inputs", f"{expected} + {bool(self.card.metadata):d}", shapes)
        if rows and graph.shapes[rows[0]][1] not in (None, self.card.metadata.width):
            raise misfit(self.card, "what_metadata", self.card.metadata.width, graph.shapes[rows[0]][1])
        return images[0], tuple(rows)

    def _before_activation(self, graph: Graph) -> Slot:
        """The slot of the scores: the last activation is taken apart, wherever it stands."""
        last = graph.outputs[0]
        if len(graph.outputs) != 1 or graph.shapes[last][1:] != (self.card.units,):
            raise misfit(
                self.card, "what_outputs", (self.card.units,), [graph.shapes[s][1:] for s in graph.outputs]
            )
        call = graph.maker(last)
        operation = call.operation if call else None
        kind = type(operation).__name__
        if kind in ("Softmax", "Sigmoid"):
            found, last = kind.lower(), next(iter(call.reads.values()))
        else:
            found = getattr(getattr(operation, "activation", None), "__name__", "linear")
            if found in ("sigmoid", "softmax"):
                if kind == "Activation":
                    last = next(iter(call.reads.values()))
                else:
                    operation.activation = _identity  # this copy of the model is ours alone
        if found not in ("linear", self.card.activation):
            raise misfit(self.card, "what_activation", self.card.activation, found)
        return last

    def _compiled(self, graph: Graph, trunk: _Part, head: _Part) -> dict[str, Any]:
        tf = tensorflow()
        size = self.card.input
        pixels = tf.TensorSpec((None, size.height, size.width, size.channels), tf.uint8)
        features = tf.TensorSpec((None, *graph.shapes[trunk.wanted][1:]), tf.float32)
        rows = tuple(tf.TensorSpec((None, self.card.metadata.width), tf.float32) for _ in head.given[1:])
        weights = tf.TensorSpec((self.card.units,), tf.float32)

        def image(pixels):  # (N, S, S, 3) uint8 -> what the network was trained on
            values = tf.cast(pixels, tf.float32)
            return values if (size.scale, size.offset) == (1, 0) else values * size.scale + size.offset

        def gradient(features, *rest):
            *rows, weights = rest
            with tf.GradientTape() as tape:
                tape.watch(features)
                scores = head(features, *rows)  # (N, units)
                chosen = tf.reduce_sum(scores * weights)
            return scores, tape.gradient(chosen, features, unconnected_gradients="zero")

        def forward(pixels, *rows):
            features = trunk(image(pixels))
            return head(features, *rows), tf.reduce_mean(features, (1, 2))

        signatures = {
            "features": (lambda pixels: trunk(image(pixels)), (pixels,)),
            "scores": (head, (features, *rows)),
            "gradient": (gradient, (features, *rows, weights)),
            "forward": (forward, (pixels, *rows)),
        }
        return {
            name: tf.function(function, input_signature=signature, jit_compile=False, autograph=False)
            for name, (function, signature) in signatures.items()
        }


class _Part:
    """A stretch of a graph as a function of the tensors in its `given` slots."""

    def __init__(self, calls: list[Call], given: tuple[Slot, ...], wanted: Slot) -> None:
        self.calls, self.given, self.wanted = calls, given, wanted

    def __call__(self, *tensors: Any) -> Any:
        values = dict(zip(self.given, tensors, strict=True))
        for call in self.calls:
            call(values)
        return values[self.wanted]


def _identity(values: Any) -> Any:
    return values


def misfit(card: Card, what: str, expected: object, received: object) -> ModelError:
    """The error that a file does not fit its card: `what` is a word of the catalogue (`what_inputs`, ...)."""
    return ModelError(
        "modelstore.model_field",
        card=card.name,
        what=Sentence.of(f"modelstore.{what}"),
        expected=str(expected),
        received=str(received),
    )
