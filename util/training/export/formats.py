"""How each format is written from a Keras model, and how the tool that reads it answers.

Every written file takes float32 "image" (N, S, S, 3), for a fused network also "metadata" (N, m), and gives
probabilities (N, units).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from util.training.data_root import DataError

Answer = Callable[[Mapping[str, np.ndarray]], np.ndarray]
_OPSET = 18


@dataclass(frozen=True)
class Format:
    """`file` is the name of what is written; `read` gives a function of the inputs by name."""

    file: str
    write: Callable[[Any, Path], None]
    read: Callable[[Path], Answer]


def answer_of(model: Any) -> Answer:
    """A Keras model as a function of its inputs by name."""
    names = input_names(model)

    def answer(given: Mapping[str, np.ndarray]) -> np.ndarray:
        tensors = [given[name] for name in names]
        return np.asarray(model(tensors if len(tensors) > 1 else tensors[0], training=False))

    return answer


def input_names(model: Any) -> list[str]:
    """What each input of the model is, "image" (four axes) or "metadata" (two), in the model's own order."""
    return ["image" if len(tensor.shape) == 4 else "metadata" for tensor in model.inputs]


def load_keras(file: Path) -> Any:
    """The model in an `.h5` or `.keras` file; ModelError for foreign code in it or a file that Keras cannot open."""
    from util.modelstore import ModelError
    from util.modelstore.h5 import config_of, refuse_code
    from util.modelstore.runtime import tensorflow

    if file.suffix == ".h5":
        refuse_code(config_of(file), file.name)
    tensorflow()
    import keras

    try:
        return keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as cause:  # Keras raises nearly anything for a file it cannot rebuild
        raise ModelError("modelstore.model_unreadable", file=file.name) from cause


def _write_keras(model: Any, path: Path) -> None:
    said = logging.getLogger("absl")
    before = said.level
    said.setLevel(logging.ERROR)  # that `.h5` is the older format is known: the app reads it
    try:
        model.save(path)
    finally:
        said.setLevel(before)


def _read_keras(path: Path) -> Answer:
    return answer_of(load_keras(path))


def _function(model: Any) -> tuple[Callable[..., dict[str, Any]], list[Any]]:
    """The model as a function for TensorFlow to trace, and its signature.

    Always as at rest: Keras' own export would leave augmentation layers at work in some models.
    """
    tf = _tensorflow()

    @tf.autograph.experimental.do_not_convert
    def probabilities(*given):
        return {"probabilities": model(list(given) if len(given) > 1 else given[0], training=False)}

    names = input_names(model)
    return probabilities, [
        tf.TensorSpec(tensor.shape, tf.float32, name=name)
        for name, tensor in zip(names, model.inputs, strict=True)
    ]


def _write_saved_model(model: Any, path: Path) -> None:
    _tensorflow()
    import keras

    function, signature = _function(model)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", fn=function, input_signature=signature)
    archive.write_out(str(path), verbose=False)


def _read_saved_model(path: Path) -> Answer:
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def answer(given: Mapping[str, np.ndarray], kept=loaded) -> np.ndarray:
        # `kept`: a signature alone does not keep its model alive.
        return serve(**{name: tf.constant(array) for name, array in given.items()})["probabilities"].numpy()

    return answer


def _write_onnx(model: Any, path: Path) -> None:
    tf, tf2onnx = _tensorflow(), _optional("tf2onnx")
    function, signature = _function(model)
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    tf2onnx.convert.from_function(
        tf.function(function, input_signature=signature), signature, opset=_OPSET, output_path=str(path)
    )


def _read_onnx(path: Path) -> Answer:
    runtime = _optional("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 2
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda given: session.run(["probabilities"], dict(given))[0]


def _tensorflow() -> Any:
    """TensorFlow; DataError where Keras runs on another backend, which cannot write these formats."""
    from util.modelstore.runtime import tensorflow

    tf = tensorflow()
    import keras

    if keras.backend.backend() != "tensorflow":
        raise DataError("training.export_backend", received=keras.backend.backend())
    return tf


def _optional(package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError as cause:
        raise DataError("training.export_needs", received=package) from cause


FORMATS: Mapping[str, Format] = {
    "h5": Format("model.h5", _write_keras, _read_keras),
    "keras": Format("model.keras", _write_keras, _read_keras),
    "savedmodel": Format("savedmodel", _write_saved_model, _read_saved_model),
    "onnx": Format("model.onnx", _write_onnx, _read_onnx),
}
