"""A Keras model of any nesting as one flat list of calls, of which any part can be run.

Keras builds a sub-model from inner tensors only where nothing is nested (`Output with path ... is not connected to
inputs`). Walking the graph once makes flat, nested, Sequential and many-input models the same case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Slot = int


@dataclass(frozen=True)
class Call:
    """One layer or operation applied once: `reads` maps Keras's own tensor ids to slots, `writes` are slots."""

    operation: Any
    arguments: Any
    reads: Mapping[int, Slot]
    writes: tuple[Slot, ...]

    def __call__(self, values: dict[Slot, Any]) -> None:
        """Apply the operation to tensors in `values`, in inference mode, and put its results there."""
        args, kwargs = self.arguments.fill_in({key: values[slot] for key, slot in self.reads.items()})
        if getattr(self.operation, "_call_has_training_arg", False):
            kwargs = {**kwargs, "training": False}
        results = _flat(self.operation(*args, **kwargs))
        values.update(zip(self.writes, results, strict=True))


@dataclass
class Graph:
    """A flattened model: `calls` in running order, its `inputs` and `outputs` as slots.

    `names` gives the slot of each layer's first output under its path ("backbone/out_relu"), `shapes` each slot's
    shape with None for the batch.
    """

    calls: list[Call] = field(default_factory=list)
    inputs: list[Slot] = field(default_factory=list)
    outputs: list[Slot] = field(default_factory=list)
    names: dict[str, Slot] = field(default_factory=dict)
    shapes: list[tuple] = field(default_factory=list)

    def find(self, name: str) -> Slot | None:
        """The slot of the layer with this path, or with this plain name where only one layer has it; else None."""
        if name in self.names:
            return self.names[name]
        found = [slot for path, slot in self.names.items() if path.rsplit("/", 1)[-1] == name]
        return found[0] if len(found) == 1 else None

    def maker(self, slot: Slot) -> Call | None:
        """The call that writes `slot`; None for an input."""
        return next((call for call in self.calls if slot in call.writes), None)

    def between(self, known: Iterable[Slot], wanted: Iterable[Slot]) -> tuple[list[Call], set[Slot]]:
        """The calls that lead from `known` to `wanted`, and the slots they still lack (empty if `known` suffices)."""
        known, needed, kept = set(known), set(wanted), []
        for call in reversed(self.calls):
            if needed.intersection(call.writes) - known:
                kept.append(call)
                needed.update(call.reads.values())
        made = {slot for call in kept for slot in call.writes}
        return kept[::-1], needed - known - made


def flatten(model: Any) -> Graph:
    """The flat graph of a Keras `model` (functional or Sequential, nested to any depth); weights are shared."""
    graph = Graph()
    model = _functional(model)
    bound = {id(tensor): _slot(graph, tensor) for tensor in model.inputs}
    graph.inputs.extend(bound.values())
    graph.outputs.extend(_walk(graph, model, bound, ""))
    return graph


def _walk(graph: Graph, model: Any, bound: dict[int, Slot], path: str) -> list[Slot]:
    """Append the calls of `model`, whose input tensors are `bound` to slots; return the slots of its outputs."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.is_input:
                continue
            operation, name = node.operation, f"{path}{node.operation.name}"
            inner = _functional(operation)
            if hasattr(inner, "_nodes_by_depth"):
                outer = [bound[id(tensor)] for tensor in node.arguments.keras_tensors]
                start = dict(zip((id(tensor) for tensor in inner.inputs), outer, strict=True))
                writes = _walk(graph, inner, start, f"{name}/")
            else:
                writes = [_slot(graph, tensor) for tensor in node.outputs]
                reads = {id(tensor): bound[id(tensor)] for tensor in node.arguments.keras_tensors}
                graph.calls.append(Call(operation, node.arguments, reads, tuple(writes)))
            graph.names.setdefault(name, writes[0])
            bound.update(zip((id(tensor) for tensor in node.outputs), writes, strict=True))
    return [bound[id(tensor)] for tensor in model.outputs]


def _functional(model: Any) -> Any:
    # A Sequential keeps its graph inside, once it is built.
    return getattr(model, "_functional", None) or model


def _slot(graph: Graph, tensor: Any) -> Slot:
    graph.shapes.append(tuple(tensor.shape))
    return len(graph.shapes) - 1


def _flat(results: Any) -> list:
    if isinstance(results, Mapping):
        return [item for key in sorted(results) for item in _flat(results[key])]
    if isinstance(results, (list, tuple)):
        return [item for result in results for item in _flat(result)]
    return [results]
