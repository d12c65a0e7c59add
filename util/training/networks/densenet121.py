"""DenseNet121 (Huang et al. 2017): each layer reads all layers of its block before it."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, application_output, scaled


def _trunk(image: Any) -> Any:
    return application_output("DenseNet121", scaled(image, "torch"), "relu")


DENSENET121 = Family(
    name="densenet121",
    trunk=_trunk,
    feature_layer="relu",
    familiarity_layer="conv4_block12_concat",
    stages=(r"conv1_", r"conv2_|pool2_", r"conv3_|pool3_", r"conv4_|pool4_", r"conv5_|bn$"),
    application="DenseNet121",
)
