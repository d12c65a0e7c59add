"""What a network of this room is: a trunk on pixels, the names of its layers, and where its arrays come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# Mean and spread of ImageNet's photographs, RGB in [0, 1]: what torchvision and Keras normalise with.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Family:
    """One architecture: `trunk(image)` takes the image tensor (N, S, S, 3) in [0, 255] to the features (N, h, w, c).

    `feature_layer` is the map for Grad-CAM, `familiarity_layer` one in the middle; both have rank 4. `stages` are
    regular expressions of layer names, one for each stage from the input on, for unfreezing stage by stage.
    `weight_file` is a file of ../shared/weights, whose batch norms are `folded` where it has any; `application` the
    function of `keras.applications` that downloads ImageNet arrays. `published` turns the arrays of a published
    file, of the layer named, into those of this network, where its own input is scaled otherwise.
    """

    name: str
    trunk: Callable[[Any], Any]
    feature_layer: str
    familiarity_layer: str
    stages: tuple[str, ...]
    weight_file: str | None = None
    folded: bool = False
    application: str | None = None
    published: Callable[[str, list[np.ndarray]], list[np.ndarray]] | None = None


def scaled(image: Any, mode: str) -> Any:
    """The image tensor scaled by a Rescaling layer: "tf" to [-1, 1], "torch" by ImageNet's mean and spread."""
    from keras import layers

    if mode == "tf":
        return layers.Rescaling(1 / 127.5, offset=-1.0, name="to_minus_one_one")(image)
    return layers.Rescaling(
        [1 / (255 * std) for std in IMAGENET_STD],
        offset=[-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)],
        name="to_imagenet_units",
    )(image)


# The Caffe arrays of VGG16 and ResNet50 take blue-green-red pixels, less these means (here in the order RGB), unscaled.
CAFFE_MEAN = (123.68, 116.779, 103.939)
CAFFE_SCALE = 58.0


def caffe_scaled(image: Any) -> Any:
    """The image tensor less Caffe's means and divided by 58, about one spread: random weights start at that scale."""
    from keras import layers

    return layers.Rescaling(
        1 / CAFFE_SCALE, offset=[-mean / CAFFE_SCALE for mean in CAFFE_MEAN], name="to_caffe_units"
    )(image)


def caffe_kernel(kernel: np.ndarray) -> np.ndarray:
    """A published first kernel (h, w, 3, c) for BGR pixels less their means, as one for `caffe_scaled` input."""
    return kernel[:, :, ::-1, :] * np.float32(CAFFE_SCALE)


def application_output(function: str, tensor: Any, layer: str) -> Any:
    """The output of `layer` of a `keras.applications` network with random weights, built flat on `tensor`."""
    import keras

    trunk = getattr(keras.applications, function)(input_tensor=tensor, include_top=False, weights=None)
    return trunk.get_layer(layer).output
