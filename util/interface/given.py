"""What the visitor gave for one modality: an upload or a drawn sample, and what is known of the patient."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from util.prediction import Metadata


@dataclass(frozen=True)
class Given:
    """One image with what was said about it; `key` tells two of them apart.

    `name` is for the eye alone and never used as a path; `synthetic` is True for a drawn sample;
    `um_per_pixel` is the scale of a microscope image in micrometres per pixel, or None; `card` is the name of the model
    that will answer ("" for the default one of its kind) and `model` the SHA-256 of its network.
    """

    data: bytes
    name: str
    modality: str
    synthetic: bool = False
    metadata: Metadata = field(default_factory=Metadata)
    um_per_pixel: float | None = None
    model: str = ""
    card: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What the answer depends on: image hash, modality, metadata, scale, card and model, but not the name."""
        image = hashlib.sha256(self.data).hexdigest()
        return (image, self.modality, self.metadata, self.um_per_pixel, self.model, self.card)
