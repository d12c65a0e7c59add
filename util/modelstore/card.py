"""The card: everything about a model that is not in its `.h5`, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Text = Mapping[str, str]  # {"en": ..., "fr": ...}


@dataclass(frozen=True)
class Input:
    """The image input: `width` x `height` x `channels`; the network sees `pixel * scale + offset`.

    `minimum_side` is the smallest side in pixels of an uploaded image that is answered (1 for breast patches).
    """

    height: int
    width: int
    channels: int = 3
    scale: float = 1.0
    offset: float = 0.0
    minimum_side: int = 32


@dataclass(frozen=True)
class MetadataEncoding:
    """How age (years), sex and site become one row: [age_known, (age-mean)/scale, sex one-hot, site one-hot].

    A missing value leaves its part of the row at zero.
    """

    age_mean: float
    age_scale: float
    sexes: tuple[str, ...]
    sites: tuple[str, ...]

    @property
    def width(self) -> int:
        """Length of the encoded row."""
        return 2 + len(self.sexes) + len(self.sites)


@dataclass(frozen=True)
class Calibration:
    """Calibrated scores are `scores / temperature + bias` (bias: log prior put back; zeros without one).

    Guo et al. 2017 (temperature); Menon et al. 2021 (prior of a logit-adjusted network).
    """

    temperature: float
    bias: tuple[float, ...]
    fitted_on: str
    n: int


@dataclass(frozen=True)
class Decision:
    """`rule` "argmax": the class with the largest of `scores / temperature + offsets`.

    "threshold": a class that must not be missed where p(danger) >= `threshold`, else one of the others.
    """

    rule: str
    fixed_on: str
    threshold: float | None = None
    offsets: tuple[float, ...] | None = None


@dataclass(frozen=True)
class GreyZone:
    """Between `low` and `high` (calibrated probability of the dangerous classes) the app gives no verdict.

    Inside, the error rate on `fitted_on` exceeded `target_error`; below, zone and above cover [0, 1].
    """

    low: float
    high: float
    target_error: float
    fitted_on: str
    n: int


@dataclass(frozen=True)
class Conformal:
    """Mondrian split-conformal sets: class k is kept where its p >= `minimum[k]` (Vovk 2012; Romano 2020)."""

    alpha: float
    minimum: tuple[float, ...]
    fitted_on: str
    n: int


@dataclass(frozen=True)
class Familiarity:
    """An image is unfamiliar where its feature distance (see `Arrays`) exceeds `threshold`.

    `quantile` is the share of `fitted_on` images below the threshold.
    """

    threshold: float
    quantile: float
    fitted_on: str
    n: int


@dataclass(frozen=True)
class Figure:
    """One measured number with its 95 % bootstrap interval by group."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Figures of one part of one data set: which, how many images and groups, when, by which command."""

    data: str
    part: str
    images: int
    groups: int
    date: str
    command: str
    figures: Mapping[str, Figure]
    prevalence: float


@dataclass(frozen=True)
class Arrays:
    """The arrays beside a card (`card.npz`), read-only.

    Reliability on the test part: `probability` (G,) grid, `frequency`, `frequency_low`, `frequency_high` (G,).
    Familiarity: `feature_mean` (F,), `feature_axes` (F, K), `feature_spread` (K,), `feature_residual` (1,):
    distance = sqrt(mean(((f - mean) @ axes / spread)**2) + (|residual| / feature_residual)**2).
    """

    values: Mapping[str, np.ndarray] = field(compare=False)  # the hash stands for them
    file: str = "card.npz"
    sha256: str = ""


@dataclass(frozen=True)
class Card:
    """One model's contract between training and app; `extra` keeps the parts only people read (data, licences, ...).

    Both layers are names of Keras layers with a feature map, nested ones by path ("backbone/out_relu"): Grad-CAM is
    drawn at `gradcam_layer`, and the features whose distance tells unfamiliar images are the means of the channels of
    `familiarity_layer` (None: those of `gradcam_layer`). A layer in the middle of the network tells them best.

    `views` names the sides from which the network looks at an image, "mirror", "flips" or "square" (2, 4 or 8 turns
    and flips; see `views.py`): scores are the mean over them. None: as the image lies.
    """

    name: str
    folder: Path
    title: Text
    modality: str
    default: bool
    created: str
    file: str
    sha256: str
    labels: tuple[str, ...]
    danger: tuple[str, ...]
    danger_order: tuple[str, ...]
    input: Input
    units: int
    activation: str
    preparation: tuple[Mapping[str, object], ...]
    gradcam_layer: str
    population: Text
    limits: tuple[Text, ...]
    licence: Text
    metadata: MetadataEncoding | None = None
    calibration: Calibration | None = None
    decision: Decision | None = None
    grey_zone: GreyZone | None = None
    conformal: Conformal | None = None
    familiarity: Familiarity | None = None
    test: Evaluation | None = None
    arrays: Arrays | None = None
    teaching: Text | None = None
    familiarity_layer: str | None = None
    views: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
