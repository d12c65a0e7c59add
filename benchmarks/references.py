"""What our methods are held against: plain loops written from the papers, and other people's libraries.

Nothing here calls a method of ours. The loops are slow on purpose: they are to be read, not to be used.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np

from util.explanation import Asker, Question
from util.explanation.faithfulness import without
from util.modelstore import Network
from util.modelstore.runtime import tensorflow

# Our name, and module and class of tf-keras-vis.
OF_TF_KERAS_VIS: Mapping[str, tuple[str, str]] = {
    "grad_cam": ("gradcam", "Gradcam"),
    "grad_cam_plus_plus": ("gradcam_plus_plus", "GradcamPlusPlus"),
    "layer_cam": ("layercam", "Layercam"),
    "score_cam": ("scorecam", "Scorecam"),
}


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and warnings of other people's code."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            yield


def keras_of(network: Network):
    """The network's own file as Keras opens it, its last activation taken off."""
    tensorflow()
    import keras

    model = keras.models.load_model(network.card.folder / network.card.file, compile=False)
    model.outputs[0]._keras_history.operation.activation = keras.activations.linear
    return model


def with_two_units(model):
    """A model of one logit z as one of two, (0, z): its softmax is the sigmoid that the file gives."""
    import keras

    both = keras.layers.Dense(2, use_bias=False, name="two_units")
    found = keras.Model(model.inputs, both(model.outputs[0]))
    both.set_weights([np.array([[0.0, 1.0]], np.float32)])
    return found


def shown_to(network: Network, pixels: np.ndarray) -> np.ndarray:
    """`pixels` uint8 (S, S, 3) as the file wants them: float32 (1, S, S, 3), scaled as the card says."""
    size = network.card.input
    return pixels[None].astype(np.float32) * size.scale + size.offset


def tf_keras_vis_map(
    name: str, model, network: Network, pixels: np.ndarray, target: int, **more
) -> np.ndarray:
    """The map (h, w) of a class activation method by tf-keras-vis, at the card's layer, before enlarging.

    `model` is one of one input with its last activation taken off. Score-CAM wants one unit a class there.
    """
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    module, kind = OF_TF_KERAS_VIS[name]
    made = getattr(importlib.import_module(f"tf_keras_vis.{module}"), kind)(model, clone=False)
    score = BinaryScore(bool(target)) if model.output_shape[-1] == 1 else CategoricalScore(target)
    with quiet():
        found = made(
            score,
            shown_to(network, pixels),
            penultimate_layer=network.card.gradcam_layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            **more,
        )
    return np.asarray(found)[0]


def tf_keras_vis_smooth_grad(
    model, network: Network, pixels: np.ndarray, target: int, samples: int, noise: float, seed: int = 0
) -> np.ndarray:
    """SmoothGrad (H, W) by tf-keras-vis, whose noise is replaced by what our method draws for `seed`."""
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    random = np.random.default_rng(seed)
    drawn = np.stack([random.standard_normal(pixels.shape, np.float32) for _ in range(samples)])
    score = BinaryScore(bool(target)) if model.output_shape[-1] == 1 else CategoricalScore(target)
    before = np.random.normal
    np.random.normal = lambda mean, sigma, shape: np.asarray(sigma) * drawn.reshape(shape)
    try:
        with quiet():
            found = Saliency(model, clone=False)(
                score, shown_to(network, pixels), smooth_samples=samples, smooth_noise=noise
            )
    finally:
        np.random.normal = before
    return np.asarray(found)[0]


def integrated_gradients(model, network: Network, pixels: np.ndarray, target: int, places: int) -> np.ndarray:
    """(image - mean colour) times the mean gradient at the middles of `places` equal steps, channels summed: (H, W)."""
    tf = tensorflow()
    image, start = (shown_to(network, array)[0] for array in (pixels, without(pixels, "mean")))
    total = np.zeros(pixels.shape[:2])
    for first in range(0, places, 25):
        middles = (np.arange(first, min(first + 25, places)) + 0.5) / places
        along = tf.constant(np.stack([start + place * (image - start) for place in middles]), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(along)
            scores = model(along, training=False)
            one = scores.shape[-1] == 1
            wanted = scores[:, 0] * (1 if target else -1) if one else scores[:, target]
            summed = tf.reduce_sum(wanted)
        for gradient in tape.gradient(summed, along).numpy():
            total += ((image - start) * gradient).sum(-1) / places
    return total


def occlusion(question: Question, asker: Asker, cells: int, wide: int) -> np.ndarray:
    """The fall of the score under every patch of `wide` x `wide` cells, its mean over each cell: (cells, cells)."""
    height, width = question.size
    down = [int(round(i * height / cells)) for i in range(cells + 1)]
    across = [int(round(i * width / cells)) for i in range(cells + 1)]
    mean = np.rint(question.pixels.mean((0, 1))).astype(np.uint8)
    total, count = np.zeros((cells, cells)), np.zeros((cells, cells))
    for i in range(cells - wide + 1):
        for j in range(cells - wide + 1):
            copy = question.pixels.copy()
            copy[down[i] : down[i + wide], across[j] : across[j + wide]] = mean
            fall = question.score - asker.scores(copy[None], question.encoded)[0]
            for a in range(i, i + wide):
                for b in range(j, j + wide):
                    total[a, b] += fall
                    count[a, b] += 1
    return total / count


def rise(question: Question, asker: Asker, number: int, cells: int, seed: int = 0) -> np.ndarray:
    """The mean score of the masks that show a pixel, less the mean of all: (H, W); masks as our method draws them."""
    height, width = question.size
    cell = -(-height // cells), -(-width // cells)
    random = np.random.default_rng(seed)
    grids = random.random((number, cells, cells)) < 0.5
    shifts = random.integers(0, cell, (number, 2))
    mean = np.rint(question.pixels.mean((0, 1))).astype(np.uint8)
    total, seen, scores = np.zeros((height, width)), np.zeros((height, width)), []
    for grid, (down, across) in zip(grids, shifts, strict=True):
        large = bilinear(grid.astype(float), (cells + 1) * cell[0], (cells + 1) * cell[1])
        mask = large[down : down + height, across : across + width]
        shown = mask[..., None] * question.pixels + (1 - mask[..., None]) * mean
        score = asker.scores(shown[None].astype(np.float32), question.encoded)[0]
        scores.append(score)
        for y in range(height):
            total[y] += score * mask[y]
            seen[y] += mask[y]
    return np.where(seen > 0, total / np.maximum(seen, 1e-6) - np.mean(scores), 0)


def bilinear(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """`grid` at (height, width), cell centres on cell centres, row by row."""
    rows, columns = grid.shape
    large = np.zeros((height, width))
    u = np.clip((np.arange(width) + 0.5) * columns / width - 0.5, 0, columns - 1)
    j = np.minimum(u.astype(int), columns - 2)
    b = u - j
    for y in range(height):
        v = min(max((y + 0.5) * rows / height - 0.5, 0), rows - 1)
        i = min(int(v), rows - 2)
        a = v - i
        upper = (1 - b) * grid[i, j] + b * grid[i, j + 1]
        lower = (1 - b) * grid[i + 1, j] + b * grid[i + 1, j + 1]
        large[y] = (1 - a) * upper + a * lower
    return large


def lime(question: Question, asker: Asker, labels: np.ndarray, samples: int, seed: int = 3):
    """The lime package on the segments `labels` (H, W): coefficients (K,), its R^2, and the samples it drew (N, K)."""
    from lime.lime_image import LimeImageExplainer

    count = int(labels.max()) + 1
    with quiet():
        theirs = LimeImageExplainer(random_state=seed).explain_instance(
            question.pixels,
            lambda images: asker.scores(np.stack(images), question.encoded)[:, None],
            labels=(0,),
            top_labels=None,
            num_samples=samples,
            batch_size=asker.batch,
            segmentation_fn=lambda image: labels,
        )
    random = np.random.RandomState(seed)
    random.randint(0, high=1000)  # the seed of a segmentation that is not used here
    shown = random.randint(0, 2, samples * count).reshape(samples, count).astype(bool)
    shown[0] = True
    weights = np.zeros(count)
    for place, weight in theirs.local_exp[0]:
        weights[place] = weight
    score = theirs.score[0] if isinstance(theirs.score, dict) else theirs.score
    return weights, float(score), shown


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation of two maps; NaN where one has no range."""
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return float("nan")
    return float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])
