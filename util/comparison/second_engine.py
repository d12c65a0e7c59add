"""The same map by somebody else's code: tf-keras-vis (Kubota and contributors, 0.8), where it can open the model."""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from util.comparison.asking import ComparisonError
from util.comparison.lines import seconds_of
from util.comparison.summing import Names
from util.explanation import Explanation, Question, asker_for, find_method
from util.explanation.agreement import said, spearman, ssim
from util.explanation.grad_cam import enlarged
from util.language import Sentence
from util.modelstore.card import Card
from util.modelstore.runtime import tensorflow

PEERS = {
    "grad_cam": ("gradcam", "Gradcam"),
    "grad_cam_plus_plus": ("gradcam_plus_plus", "GradcamPlusPlus"),
    "layer_cam": ("layercam", "Layercam"),
    "score_cam": ("scorecam", "Scorecam"),
    "smooth_grad": ("saliency", "Saliency"),
}
# Its Score-CAM holds a large copy of the image for every channel at once: 150 MiB for so many of 224 x 224 pixels.
MOST_CHANNELS = 256
# It draws its noise from NumPy's global generator: one at a time, and put back afterwards.
_lock = threading.Lock()


@dataclass(frozen=True)
class SecondOpinion:
    """Our map and theirs for one question, with the same settings: heats float32 (H, W) in [0, 1].

    `difference` = theirs - ours in [-1, 1]; `correlation` (Pearson) and `rank` (Spearman) in [-1, 1] and `ssim`, None
    where either map has no range; `seconds` theirs took, the opening of the model left out.
    """

    ours: Explanation
    theirs: np.ndarray
    difference: np.ndarray
    correlation: float | None
    rank: float | None
    ssim: float | None
    seconds: float
    version: str

    def sentences(self) -> tuple[Sentence, ...]:
        """Who computed it, and how alike the two are."""
        by = Sentence.of(
            "comparison.engine_by",
            version=self.version,
            name=said(self.ours.method),
            seconds=seconds_of(self.seconds),
            ours=seconds_of(self.ours.seconds),
        )
        if self.correlation is None:
            return (by, Sentence.of("comparison.engine_empty"))
        largest = float(np.abs(self.difference).max())
        alike = Sentence.of("comparison.engine_alike", correlation=self.correlation, largest=largest)
        own_noise = (Sentence.of("comparison.engine_noise"),) if self.ours.method == "smooth_grad" else ()
        return (by, alike, *own_noise)


def by_tf_keras_vis(
    question: Question,
    method: str,
    *,
    preset: str = "fast",
    cancelled: Callable[[], bool] | None = None,
) -> SecondOpinion:
    """The map of `method` by tf-keras-vis beside ours with the same settings, sizes of gradients first in SmoothGrad.

    Score-CAM tries the channels of the preset, at most MOST_CHANNELS, those that vary most.

    Raises ComparisonError, one sentence each: a method it does not have, a model with metadata, with a model inside or
    whose answer is the mean over several views of the image,
    Score-CAM on one unit (there it takes a softmax of one), a layer it cannot see, or the package not being there.
    Raises Cancelled.
    """
    network, card = question.network, question.network.card
    if method not in PEERS:
        names = Names(tuple(said(name) for name in PEERS))
        raise ComparisonError("comparison.engine_method", name=said(method), names=names)
    if card.metadata is not None:
        raise ComparisonError("comparison.engine_metadata", model=card.name)
    if network.altered:
        raise ComparisonError("comparison.engine_altered")
    if card.views is not None:
        raise ComparisonError("comparison.engine_views", model=card.name)
    if method == "score_cam" and card.units == 1:
        raise ComparisonError("comparison.engine_one_unit", model=card.name)
    options = find_method(method).options[preset]
    if method == "smooth_grad":
        options = replace(options, sizes_first=True)
    passes = find_method(method).passes(options, question)
    asker = asker_for(network, question.target, cancelled=cancelled, passes=passes)
    asker.check()
    with _lock:
        try:
            module = importlib.import_module(f"tf_keras_vis.{PEERS[method][0]}")
            version = importlib.import_module("tf_keras_vis").__version__
        except ImportError as cause:
            raise ComparisonError("comparison.engine_missing") from cause
        model = _flat_model(card)
        layer = question.layer or card.gradcam_layer
        if method != "smooth_grad" and layer not in {one.name for one in model.layers}:
            raise ComparisonError("comparison.engine_layer", model=card.name, layer=layer)
        if method == "score_cam":
            channels = int(model.get_layer(layer).output.shape[-1])
            options = replace(options, channels=min(options.channels or channels, channels, MOST_CHANNELS))
        asker.check()
        started = time.perf_counter()
        with _quiet():
            theirs = _asked(
                getattr(module, PEERS[method][1])(model, clone=False), question, method, layer, options
            )
        seconds = time.perf_counter() - started
    ours = find_method(method).explain(question, options, asker)
    theirs = enlarged(theirs, *question.size)
    if not np.isfinite(theirs).all() or np.ptp(theirs) < 1e-3:
        theirs = np.zeros(question.size, np.float32)  # its own scaling leaves such a blank one
    blank = ours.empty or not theirs.any()
    return SecondOpinion(
        ours=ours,
        theirs=theirs,
        difference=theirs - ours.heat,
        correlation=None if blank else float(np.corrcoef(ours.heat.ravel(), theirs.ravel())[0, 1]),
        rank=None if blank else spearman(ours.heat, theirs),
        ssim=None if blank else ssim(ours.heat, theirs),
        seconds=seconds,
        version=version,
    )


def _asked(peer: Any, question: Question, method: str, layer: str, options: Any) -> np.ndarray:
    """Their map (h, w) of one question."""
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    card, target = question.network.card, question.target
    score = BinaryScore(bool(target)) if card.units == 1 else CategoricalScore(target)
    image = question.pixels[None].astype(np.float32) * card.input.scale + card.input.offset
    if method == "smooth_grad":
        before = np.random.get_state()
        np.random.seed(options.seed)
        try:
            found = peer(score, image, smooth_samples=options.samples, smooth_noise=options.noise)
        finally:
            np.random.set_state(before)
    else:
        found = peer(
            score,
            image,
            penultimate_layer=layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            **({"max_N": options.channels} if method == "score_cam" else {}),
        )
    return np.asarray(found, np.float32).reshape(np.asarray(found).shape[-2:])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of Keras on the terminal meanwhile, and nothing about how its input is passed."""
    from keras.utils import (
        disable_interactive_logging,
        enable_interactive_logging,
        is_interactive_logging_enabled,
    )

    loud = is_interactive_logging_enabled()
    disable_interactive_logging()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The structure of `inputs`")
            yield
    finally:
        if loud:
            enable_interactive_logging()


@functools.lru_cache(maxsize=1)
def _opened(path: str, sha256: str) -> Any:
    """The Keras model of a file with its last activation taken off; one is kept."""
    tensorflow()
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)
    last = model.outputs[0]._keras_history.operation
    if type(last).__name__ in ("Activation", "Softmax", "Sigmoid"):
        return keras.Model(model.inputs, last.input)
    if getattr(last, "activation", None) is not None:
        last.activation = keras.activations.linear
    return model


def _flat_model(card: Card) -> Any:
    """The Keras model of `card`; ComparisonError where it has another model inside, or several inputs."""
    import keras

    model = _opened(str(card.folder / card.file), card.sha256)
    inside = any(isinstance(layer, keras.Model) for layer in model.layers)
    if inside or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ComparisonError("comparison.engine_nested", model=card.name)
    return model
