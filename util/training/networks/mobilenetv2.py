"""MobileNetV2 (Sandler et al. 2018): inverted residuals with depthwise convolutions."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, application_output, scaled


def _trunk(image: Any) -> Any:
    return application_output("MobileNetV2", scaled(image, "tf"), "out_relu")


MOBILENETV2 = Family(
    name="mobilenetv2",
    trunk=_trunk,
    feature_layer="out_relu",
    familiarity_layer="block_11_add",
    stages=(
        r"Conv1|bn_Conv1|expanded_conv_",
        r"block_[12]_",
        r"block_[345]_",
        r"block_([6789]|1[012])_",
        r"block_1[345]_",
        r"block_16_|Conv_1",
    ),
    weight_file="mobilenetv2_imagenet_fp16.npz",
    folded=True,
    application="MobileNetV2",
)
