"""ResNet50V2 up to its third group (He et al. 2016b): normalisation before each convolution, identity shortcuts."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, application_output, scaled


def _trunk(image: Any) -> Any:
    """Features (N, S/32, S/32, 1024): what the first block of the fourth group would read."""
    return application_output("ResNet50V2", scaled(image, "tf"), "conv5_block1_preact_relu")


RESNET50V2_STAGE3 = Family(
    name="resnet50v2-stage3",
    trunk=_trunk,
    feature_layer="conv5_block1_preact_relu",
    familiarity_layer="conv4_block3_out",
    stages=(
        r"conv1_",
        r"conv2_",
        r"conv3_",
        r"conv4_block[123]_",
        r"conv4_block[456]_|conv5_block1_preact_bn",
    ),
    weight_file="resnet50v2_stages1to3_imagenet_fp16.npz",
    folded=True,
    application="ResNet50V2",
)
