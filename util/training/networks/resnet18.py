"""ResNet18 (He et al. 2016) as torchvision lays it out, whole with batch norms, and its first three groups without."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, scaled

_WIDTHS = (64, 128, 256, 512)


def _trunk(image: Any, groups: int, normalised: bool) -> Any:
    """Features (N, S/2^(groups+1), ..., c) of `layer<groups>_1_relu2`, for sides that are whole multiples."""
    from keras import layers

    x = layers.ZeroPadding2D(3, name="conv1_pad")(scaled(image, "torch"))
    x = _convolution(x, 64, 7, 2, "valid", "conv1", "bn1" if normalised else None)
    x = layers.ReLU(name="relu1")(x)
    # torch pads the pooling with minus infinity; behind a ReLU zeros are the same.
    x = layers.MaxPooling2D(3, 2, name="pool1")(layers.ZeroPadding2D(1, name="pool1_pad")(x))
    for group, width in enumerate(_WIDTHS[:groups], 1):
        for unit in range(2):
            x = _unit(x, width, 2 if group > 1 and unit == 0 else 1, f"layer{group}_{unit}", normalised)
    return x


def _unit(x: Any, width: int, stride: int, name: str, normalised: bool) -> Any:
    """Two 3 x 3 convolutions, added to their input (through a 1 x 1 convolution where its shape changes)."""
    from keras import layers

    given, padding = x, "same"
    if stride > 1:
        # At stride 2 TensorFlow's "same" pads right and below alone, torch on all sides: every later map would shift.
        x, padding = layers.ZeroPadding2D(1, name=f"{name}_pad")(x), "valid"
    x = _convolution(x, width, 3, stride, padding, f"{name}_conv1", f"{name}_bn1" if normalised else None)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    # From random weights and without batch norms, a residual unit starts as the identity (Zhang et al. 2019, Fixup).
    start = "he_normal" if normalised else "zeros"
    x = _convolution(x, width, 3, 1, "same", f"{name}_conv2", f"{name}_bn2" if normalised else None, start)
    if stride > 1:
        norm = f"{name}_downsample_1" if normalised else None
        given = _convolution(given, width, 1, stride, "valid", f"{name}_downsample_0", norm)
    return layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([given, x]))


def _convolution(
    x: Any,
    width: int,
    kernel: int,
    stride: int,
    padding: str,
    name: str,
    norm: str | None,
    start: str = "he_normal",
) -> Any:
    """A convolution, with a bias, or with a batch norm called `norm` (torch's momentum and epsilon)."""
    from keras import layers

    x = layers.Conv2D(
        width, kernel, stride, padding, use_bias=norm is None, kernel_initializer=start, name=name
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=norm)(x) if norm else x


RESNET18_STAGE3 = Family(
    name="resnet18-stage3",
    trunk=lambda image: _trunk(image, 3, normalised=False),
    feature_layer="layer3_1_relu2",
    familiarity_layer="layer2_1_relu2",
    stages=(r"conv1$", r"layer1_", r"layer2_", r"layer3_0_", r"layer3_1_"),
    weight_file="resnet18_stages1to3_imagenet_fp16.npz",
    folded=True,
)
RESNET18 = Family(
    name="resnet18",
    trunk=lambda image: _trunk(image, 4, normalised=True),
    feature_layer="layer4_1_relu2",
    familiarity_layer="layer3_0_relu2",
    stages=(r"conv1$|bn1$", r"layer1_", r"layer2_", r"layer3_", r"layer4_"),
)
