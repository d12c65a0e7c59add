"""Taking a Keras model apart, once, on loading: trunk(image) -> features and head(features, metadata) -> scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from util.language import Sentence
from util.modelstore import h5
from util.modelstore.card import Card
from util.modelstore.errors import ModelError
from util.modelstore.graph import Call, Graph, Slot, flatten
from util.modelstore.plain import cut
from util.modelstore.runtime import tensorflow
from util.modelstore.views import SeenHead, SeenTrunk, Views, views_of


@dataclass(frozen=True)
class Part:
    """A stretch of a graph as a function of the tensors in its `given` slots; its weights are constants.

    Constants let TensorFlow fold normalisation into convolutions when it compiles: a quarter of the time saved.
    `shapes` are those of the results, None for the batch.
    """

    calls: tuple[Call, ...]
    given: tuple[Slot, ...]
    wanted: tuple[Slot, ...]
    shapes: tuple[tuple[int | None, ...], ...]

    def __call__(self, *tensors: Any) -> tuple[Any, ...]:
        """The wanted tensors; to be called while a `tf.function` is traced."""
        import keras

        tf = tensorflow()
        weights = {id(v): v for call in self.calls for v in getattr(call.operation, "variables", ())}
        with tf.init_scope():  # out of the graph being traced, where variables have values
            arrays = [variable.numpy() for variable in weights.values()]
        constants = [(v, tf.constant(array)) for v, array in zip(weights.values(), arrays, strict=True)]
        values = dict(zip(self.given, tensors, strict=True))
        with keras.StatelessScope(state_mapping=constants):
            for call in self.calls:
                call(values)
        return tuple(values[slot] for slot in self.wanted)


@dataclass(frozen=True)
class Halves:
    """Both parts of one model, each with a tuple of results.

    `trunk` of the image: the features, and those that familiarity is measured on; `head` of the features and the
    metadata row (if any): the scores. `graph` is the whole model, `ends` its image, metadata and score slots, `views`
    the sides from which trunk and head look at an image.
    """

    trunk: Part | SeenTrunk
    head: Part | SeenHead
    graph: Graph
    ends: tuple[Slot, tuple[Slot, ...], Slot]
    views: Views

    def layers(self) -> tuple[str, ...]:
        """Paths of the layers with a feature map between the image and the scores, in running order."""
        image, metadata, scores = self.ends
        maps: dict[Slot, str] = {}
        for name, slot in self.graph.names.items():
            shape = self.graph.shapes[slot]
            if len(shape) == 4 and all(side is None or side > 1 for side in shape[1:3]):
                maps.setdefault(slot, name)  # a nested model's last layer before the model itself
        order = [slot for call in self.graph.between([image, *metadata], [scores])[0] for slot in call.writes]
        return tuple(maps[slot] for slot in order if slot in maps)

    def through(self, card: Card, layer: str) -> Part:
        """The whole way of one view, from image and metadata to the features of `layer` and the scores; ModelError."""
        image, metadata, scores = self.ends
        slot = _map_layer(card, self.graph, layer)
        calls, _ = self.graph.between([image, *metadata], [slot, scores])
        shapes = (self.graph.shapes[slot], self.graph.shapes[scores])
        return Part(tuple(calls), (image, *metadata), (slot, scores), shapes)


def open_halves(card: Card) -> Halves:
    """Load the `.h5` of `card` and take it apart; ModelError where it has foreign code or does not fit the card."""
    path = card.folder / card.file
    h5.refuse_code(h5.config_of(path), path.name)
    tensorflow()
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        graph = flatten(model)
    except Exception as cause:  # Keras raises nearly anything for a file it cannot rebuild
        raise ModelError("modelstore.model_unreadable", file=path.name) from cause
    image, metadata = _inputs(card, graph)
    scores = _before_activation(card, graph)
    cut = _map_layer(card, graph, card.gradcam_layer)
    tap = _map_layer(card, graph, card.familiarity_layer or card.gradcam_layer)
    trunk, lacking = graph.between([image], [cut, tap])
    head, bypass = graph.between([cut, *metadata], [scores])
    if lacking or bypass:
        raise ModelError("modelstore.model_cut", card=card.name, layer=card.gradcam_layer)
    first = Part(tuple(trunk), (image,), (cut, tap), (graph.shapes[cut], graph.shapes[tap]))
    second = Part(tuple(head), (cut, *metadata), (scores,), (graph.shapes[scores],))
    views, ends = Views(views_of(card.views)), (image, metadata, scores)
    if len(views.views) > 1:
        return Halves(SeenTrunk(first, views), SeenHead(second, views), graph, ends, views)
    return Halves(first, second, graph, ends, views)


def _map_layer(card: Card, graph: Graph, layer: str) -> Slot:
    """The slot of the layer with this name or path, which must give a feature map (rank 4)."""
    slot = graph.find(layer)
    if slot is None or len(graph.shapes[slot]) != 4:
        maps = [name for name, made in graph.names.items() if len(graph.shapes[made]) == 4][-5:]
        names = ", ".join(maps) or "-"
        raise ModelError("modelstore.model_layer", card=card.name, layer=cut(layer), names=names)
    return slot


def _inputs(card: Card, graph: Graph) -> tuple[Slot, tuple[Slot, ...]]:
    """The image input (rank 4) and the metadata input (rank 2), in whatever order the file has them."""
    images = [slot for slot in graph.inputs if len(graph.shapes[slot]) == 4]
    rows = [slot for slot in graph.inputs if len(graph.shapes[slot]) == 2]
    size = card.input
    expected = (size.height, size.width, size.channels)
    shapes = [graph.shapes[slot] for slot in graph.inputs]
    fits = len(images) == 1 and len(shapes) == len(images) + len(rows)
    fits = fits and all(a in (None, b) for a, b in zip(graph.shapes[images[0]][1:], expected, strict=True))
    if not fits or len(rows) != (1 if card.metadata else 0):
        raise misfit(card, "what_inputs", f"{expected} + {bool(card.metadata):d}", shapes)
    if rows and graph.shapes[rows[0]][1] not in (None, card.metadata.width):
        raise misfit(card, "what_metadata", card.metadata.width, graph.shapes[rows[0]][1])
    return images[0], tuple(rows)


def _before_activation(card: Card, graph: Graph) -> Slot:
    """The slot of the scores: the last activation is taken apart, wherever it stands."""
    last = graph.outputs[0]
    if len(graph.outputs) != 1 or graph.shapes[last][1:] != (card.units,):
        raise misfit(card, "what_outputs", (card.units,), [graph.shapes[s][1:] for s in graph.outputs])
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
    if found not in ("linear", card.activation):
        raise misfit(card, "what_activation", card.activation, found)
    return last


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
