"""ViT-Tiny (Dosovitskiy et al. 2021; Tiny: Touvron et al. 2021): patches of 16 x 16 pixels that look at one another.

Six blocks instead of twelve: from scratch on some thousand images more of them find nothing to learn.
"""

from __future__ import annotations

from typing import Any

from util.training.networks.family import Family, scaled

_PATCH, _WIDTH, _HEADS, _BLOCKS = 16, 192, 3, 6


def _trunk(image: Any) -> Any:
    """The last token map (N, ceil(S/16), ceil(S/16), 192) at `token_map`; there is no class token."""
    from keras import initializers, layers

    x = scaled(image, "tf")
    side = x.shape[1]
    if extra := -side % _PATCH:
        before = extra // 2
        x = layers.ZeroPadding2D(((before, extra - before),) * 2, name="patch_pad")(x)
        side += extra
    cells = side // _PATCH
    x = layers.Reshape((cells, _PATCH, cells, _PATCH, 3), name="patch_pixels")(x)
    # One dense layer over each patch, whose bias differs from cell to cell: the bias is the learned position.
    x = layers.EinsumDense(
        "nhpwqc,pqcd->nhwd",
        output_shape=(cells, cells, _WIDTH),
        bias_axes="hwd",
        bias_initializer=initializers.TruncatedNormal(stddev=0.02),
        name="patches",
    )(x)
    x = layers.Reshape((cells * cells, _WIDTH), name="tokens")(x)
    for number in range(1, _BLOCKS + 1):
        x = _block(x, f"block_{number}")
        if number == _BLOCKS // 2:
            # A map for familiarity, and back: both only rename the axes.
            x = layers.Reshape((cells, cells, _WIDTH), name="middle_map")(x)
            x = layers.Reshape((cells * cells, _WIDTH), name="middle_tokens")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return layers.Reshape((cells, cells, _WIDTH), name="token_map")(x)


def _block(x: Any, name: str) -> Any:
    """Attention, then two dense layers, each behind a normalisation and added to its input."""
    from keras import layers

    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(x)
    y = layers.MultiHeadAttention(_HEADS, _WIDTH // _HEADS, name=f"{name}_attention")(y, y)
    x = layers.Add(name=f"{name}_add_1")([x, y])
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(x)
    y = layers.Dense(4 * _WIDTH, activation="gelu", name=f"{name}_dense_1")(y)
    y = layers.Dense(_WIDTH, name=f"{name}_dense_2")(y)
    return layers.Add(name=f"{name}_add_2")([x, y])


VIT_TINY = Family(
    name="vit-tiny",
    trunk=_trunk,
    feature_layer="token_map",
    familiarity_layer="middle_map",
    stages=(r"patches$", *(f"block_{number}_" for number in range(1, _BLOCKS)), f"block_{_BLOCKS}_|norm$"),
)
