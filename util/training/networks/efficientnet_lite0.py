"""EfficientNet-Lite0 (Tan & Le 2019; Google 2020): B0 without squeeze-excite, ReLU6 for swish, fixed stem and head."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from util.training.networks.family import Family

# Kernel, stride, expansion, channels, repeats: the stages of EfficientNet-B0.
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_SCALE = 128.0


def _trunk(image: Any) -> Any:
    """16 blocks b0..b15 of convolutions with bias; their batch norms are folded in, as in the published file."""
    from keras import layers

    # The published stem takes pixel - 127 as it is; divided by 128, its kernel has the size that optimisers expect.
    x = layers.Rescaling(1 / _SCALE, offset=-127 / _SCALE, name="to_about_one")(image)
    x = layers.Conv2D(32, 3, 2, "same", kernel_initializer="he_normal", name="stem_conv")(x)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    number = 0
    for kernel, stride, expansion, channels, repeats in _STAGES:
        for repeat in range(repeats):
            x = _block(x, f"b{number}", kernel, stride if repeat == 0 else 1, expansion, channels)
            number += 1
    x = layers.Conv2D(1280, 1, kernel_initializer="he_normal", name="head_conv")(x)
    return layers.ReLU(6.0, name="head_relu")(x)


def _block(x: Any, name: str, kernel: int, stride: int, expansion: int, channels: int) -> Any:
    """An inverted residual block: expand, filter each channel, project; added to its input where shapes allow."""
    from keras import initializers, layers

    given = x
    if expansion > 1:
        width = given.shape[-1] * expansion
        x = layers.Conv2D(width, 1, kernel_initializer="he_normal", name=f"{name}_expand")(x)
        x = layers.ReLU(6.0, name=f"{name}_expand_relu")(x)
    # Keras counts all channels as inputs of a depthwise kernel, which has one: its he_normal would be far too small.
    start = initializers.RandomNormal(stddev=math.sqrt(2) / kernel)
    x = layers.DepthwiseConv2D(kernel, stride, "same", depthwise_initializer=start, name=f"{name}_dw")(x)
    x = layers.ReLU(6.0, name=f"{name}_dw_relu")(x)
    adds = stride == 1 and given.shape[-1] == channels
    # From random weights and without batch norms, a residual block starts as the identity (Zhang et al. 2019, Fixup).
    start = "zeros" if adds else "glorot_normal"
    x = layers.Conv2D(channels, 1, kernel_initializer=start, name=f"{name}_project")(x)
    return layers.Add(name=f"{name}_add")([given, x]) if adds else x


def _published(layer: str, arrays: list[np.ndarray]) -> list[np.ndarray]:
    if layer == "stem_conv":
        return [arrays[0] * np.float32(_SCALE), *arrays[1:]]
    return arrays


EFFICIENTNET_LITE0 = Family(
    name="efficientnet-lite0",
    trunk=_trunk,
    feature_layer="head_relu",
    familiarity_layer="b10_add",
    stages=(r"stem_|b0_", r"b[12]_", r"b[34]_", r"b([56789]|10)_", r"b1[1234]_", r"b15_|head_"),
    weight_file="efficientnet_lite0_imagenet_fp16.npz",
    folded=True,
    published=_published,
)
