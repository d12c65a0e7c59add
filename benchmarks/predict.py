"""What a prediction with its Grad-CAM costs, beside one forward pass of the same network.

`python -m benchmarks.predict [--model NAME] [--runs 50]` prints for each modality's default model one line `ratio`:
(prediction + Grad-CAM) / (one forward pass). The forward pass is the same network as one compiled function, batch 1, on
a tensor that is ready; ours starts from uint8 pixels and ends with the map at image size. Medians of runs that
take turns, so that a busy machine slows both alike. Beside it tf-keras-vis on flat models: its Grad-CAM alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from util.diagnosis import spoken_class
from util.explanation import grad_cam
from util.language import PenumbraError
from util.modelstore import Card, cards, find_card, open_network
from util.modelstore.runtime import tensorflow
from util.prediction import Metadata, predict
from util.preparation import Prepared


def ours(card: Card, pixels: np.ndarray) -> Callable[[], object]:
    """Prediction and map of one image, as the app computes them."""
    network = open_network(card)
    prepared = Prepared(pixels, (), (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0])))
    metadata = Metadata(age=54, sex="female") if card.metadata else Metadata()

    def run() -> object:
        prediction = predict(network, prepared, metadata)
        return grad_cam(network, prediction, spoken_class(card, prediction))

    return run


def forward(card: Card, pixels: np.ndarray) -> Callable[[], object]:
    """One forward pass of the whole file as Keras loads it, compiled, on tensors that are ready."""
    tf = tensorflow()
    model = keras_model(card)
    ready = tf.constant(pixels[None].astype(np.float32) * card.input.scale + card.input.offset)
    inputs = [ready]
    if card.metadata:
        row = tf.zeros((1, card.metadata.width))
        inputs = [ready if len(tensor.shape) == 4 else row for tensor in model.inputs]
    signature = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in inputs]
    compiled = tf.function(
        lambda *given: model(given[0] if len(given) == 1 else list(given), training=False),
        input_signature=signature,
        jit_compile=False,
    ).get_concrete_function()
    return lambda: compiled(*inputs).numpy()


def tf_keras_vis(card: Card, pixels: np.ndarray) -> Callable[[], object] | None:
    """The same map by tf-keras-vis, without a prediction; None where it cannot open the model."""
    if card.metadata:
        return None
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    target = card.labels.index(card.danger[0])
    score = BinaryScore(bool(target)) if card.units == 1 else CategoricalScore(target)
    image = pixels[None].astype(np.float32) * card.input.scale + card.input.offset
    try:
        method = Gradcam(keras_model(card), model_modifier=ReplaceToLinear(), clone=True)

        def run() -> object:
            layer = card.gradcam_layer
            return method(score, image, penultimate_layer=layer, seek_penultimate_conv_layer=False)

        run()
    except Exception as error:  # whatever it cannot open is reported, not hidden
        print(f"  tf-keras-vis cannot open it: {type(error).__name__}")
        return None
    return run


def keras_model(card: Card) -> object:
    """The model file as Keras itself opens it."""
    tensorflow()
    import keras

    return keras.models.load_model(card.folder / card.file, compile=False)


def medians(tasks: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each task over `runs` turns in which every task runs once."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(runs + 5):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            if turn >= 5:  # the first turns warm up
                seconds[name].append(time.perf_counter() - started)
    return {name: median(values) for name, values in seconds.items()}


def measure(card: Card, runs: int) -> float:
    """Print the lines of one model; return its ratio."""
    size = card.input
    shape = (size.height, size.width, size.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    tasks = {"forward": forward(card, pixels), "ours": ours(card, pixels)}
    peer = tf_keras_vis(card, pixels)
    if peer is not None:
        tasks["tf-keras-vis"] = peer
    found = medians(tasks, runs)
    ratio = found["ours"] / found["forward"]
    print(f"{card.modality}  {card.name}  {size.width} x {size.height}, batch 1, median of {runs}")
    for name, seconds in found.items():
        print(f"  {name:13} {1000 * seconds:8.2f} ms  {seconds / found['forward']:6.2f}")
    print(f"ratio {ratio:.2f}")
    return ratio


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0, or 2 with one sentence where there is no such model."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predict", description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="the name of one model; default: each modality's default model")
    parser.add_argument("--models-folder", default=None, help="where models are looked for")
    parser.add_argument("--runs", type=int, default=50)
    given = parser.parse_args(arguments)
    folder = given.models_folder
    try:
        named = [find_card(given.model, folder)] if given.model else None
        chosen = named or [card for card in cards(folder) if card.default]
        for card in chosen:
            measure(card, given.runs)
    except PenumbraError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
