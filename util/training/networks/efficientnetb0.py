"""EfficientNetB0 (Tan & Le 2019): inverted residuals with squeeze-excite, depth, width and side chosen together."""

from __future__ import annotations

from typing import Any

from util.training.networks.family import IMAGENET_MEAN, IMAGENET_STD, Family, application_output


def _trunk(image: Any) -> Any:
    from keras import layers

    # Keras divides by 255 inside and puts a Normalization behind it, which stands idle until it is adapted. Mean and
    # spread are taken out here, before that division, so that both ways of starting see the same input.
    whitened = layers.Rescaling(
        [1 / std for std in IMAGENET_STD],
        offset=[-255 * mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)],
        name="to_imagenet_units",
    )(image)
    return application_output("EfficientNetB0", whitened, "top_activation")


EFFICIENTNETB0 = Family(
    name="efficientnetb0",
    trunk=_trunk,
    feature_layer="top_activation",
    familiarity_layer="block5c_add",
    stages=(r"stem_|block1", r"block2", r"block3", r"block[45]", r"block6", r"block7|top_"),
    application="EfficientNetB0",
)
