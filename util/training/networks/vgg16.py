"""VGG16 (Simonyan & Zisserman 2015): thirteen convolutions of 3 x 3, one behind the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from util.training.networks.family import Family, caffe_kernel, caffe_scaled


def _trunk(image: Any) -> Any:
    """Features behind the last pooling; Grad-CAM looks at the map before it, which has twice its side."""
    import keras

    trunk = keras.applications.VGG16(input_tensor=caffe_scaled(image), include_top=False, weights=None)
    for layer in trunk.layers:
        if layer.weights:
            # With Keras' own random kernels the signal halves at each of 13 layers, and nothing is learnt from
            # scratch (He et al. 2015).
            start = keras.initializers.HeNormal()
            layer.kernel.assign(start(layer.kernel.shape))
    return trunk.get_layer("block5_pool").output


def _published(layer: str, arrays: list[np.ndarray]) -> list[np.ndarray]:
    return [caffe_kernel(arrays[0]), *arrays[1:]] if layer == "block1_conv1" else arrays


VGG16 = Family(
    name="vgg16",
    trunk=_trunk,
    feature_layer="block5_conv3",
    familiarity_layer="block4_conv3",
    stages=tuple(f"block{stage}_" for stage in range(1, 6)),
    application="VGG16",
    published=_published,
)
