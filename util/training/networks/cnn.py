"""Two small CNNs to be trained from scratch, without and with batch norms (Ioffe & Szegedy 2015); 0.64 M parameters."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, scaled

# Channels of the 3 x 3 convolutions of each stage; a pooling by 2 stands between two stages.
_STAGES = ((32,), (48, 48), (96, 96), (128, 128), (192,))


def _trunk(image: Any, normalised: bool) -> Any:
    """Features (N, S/16, S/16, 192) at `conv_5_1_relu`."""
    from keras import layers

    x = scaled(image, "tf")
    for stage, widths in enumerate(_STAGES, 1):
        if stage > 1:
            x = layers.MaxPooling2D(name=f"pool_{stage - 1}")(x)
        for place, width in enumerate(widths, 1):
            name = f"conv_{stage}_{place}"
            x = layers.Conv2D(
                width, 3, padding="same", use_bias=not normalised, kernel_initializer="he_normal", name=name
            )(x)
            if normalised:
                x = layers.BatchNormalization(name=f"{name}_bn")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
    return x


def _family(name: str, normalised: bool) -> Family:
    return Family(
        name=name,
        trunk=lambda image: _trunk(image, normalised),
        feature_layer="conv_5_1_relu",
        familiarity_layer="conv_3_2_relu",
        stages=tuple(f"conv_{stage}_" for stage in range(1, len(_STAGES) + 1)),
    )


CNN = _family("cnn", normalised=False)
CNN_BN = _family("cnn-bn", normalised=True)
