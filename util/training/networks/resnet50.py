"""ResNet50 (He et al. 2016): fifty layers that learn what to add to their input."""

from __future__ import annotations

from typing import Any

import numpy as np

from util.training.networks.family import Family, application_output, caffe_kernel, caffe_scaled


def _trunk(image: Any) -> Any:
    return application_output("ResNet50", caffe_scaled(image), "conv5_block3_out")


def _published(layer: str, arrays: list[np.ndarray]) -> list[np.ndarray]:
    return [caffe_kernel(arrays[0]), *arrays[1:]] if layer == "conv1_conv" else arrays


RESNET50 = Family(
    name="resnet50",
    trunk=_trunk,
    feature_layer="conv5_block3_out",
    familiarity_layer="conv4_block3_out",
    stages=(r"conv1_", r"conv2_", r"conv3_", r"conv4_block[123]_", r"conv4_block[456]_", r"conv5_"),
    application="ResNet50",
    published=_published,
)
