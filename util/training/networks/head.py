"""The head that all networks share: pooled features, and where there is metadata, their fusion with it."""

from __future__ import annotations

from typing import Any

# Layers that know the classes or the metadata: they are carried over only between runs of the same kind.
HEAD_LAYERS = (
    "answer",
    "metadata_1",
    "metadata_2",
    "fusion_dense",
    "image_scores",
    "fused_scores",
)


def image_head(features: Any, units: int, dropout: float, activation: str | None) -> Any:
    """Features (N, h, w, c) averaged over the map, dropout, one dense layer: (N, units)."""
    from keras import layers

    return layers.Dense(units, activation=activation, name="answer")(_pooled(features, dropout))


def fused_head(features: Any, row: Any, units: int, dropout: float, activation: str | None) -> Any:
    """Features (N, h, w, c) and metadata (N, m) to (N, units): a branch of 32-32 units, joined by 128."""
    from keras import layers

    pooled = _pooled(features, dropout)
    branch = layers.Dense(32, activation="relu", name="metadata_1")(row)
    branch = layers.Dense(32, activation="relu", name="metadata_2")(branch)
    joined = layers.Concatenate(name="fusion")([pooled, branch])
    joined = layers.Dense(128, activation="relu", name="fusion_dense")(joined)
    joined = layers.Dropout(dropout, name="fusion_dropout")(joined)
    # The image also speaks directly: without metadata the answer stays as good as an image-only network's.
    direct = layers.Dense(units, name="image_scores")(pooled)
    fused = layers.Dense(units, name="fused_scores")(joined)
    out = layers.Add(name="scores")([direct, fused])
    return layers.Activation(activation, name="answer")(out) if activation else out


def _pooled(features: Any, dropout: float) -> Any:
    from keras import layers

    return layers.Dropout(dropout, name="dropout")(layers.GlobalAveragePooling2D(name="pool")(features))
