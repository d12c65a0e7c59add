"""The record of what `evaluate` found out beyond the headline figures (`evaluation.yaml`), as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from util.modelstore.card import Figure

Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Part:
    """One part of the people in a division; without figures where it has `too_few` images or one class alone."""

    value: str
    images: int
    groups: int
    classes: int | None = None
    danger_share: float | None = None
    too_few: bool = False
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Division:
    """The parts of one division; for skin tone also how many images were `measured`, and with drawn masks."""

    rows: tuple[Part, ...]
    measured: int | None = None
    drawn_masks: int | None = None


@dataclass(frozen=True)
class Changed:
    """Figures on the same images changed in one way (`change`: against the unchanged ones, with intervals).

    A corruption has `strength` 1 to 5, an attack a `budget` in grey levels and the share of decisions `flipped`, a
    re-storage a `kernel` with its `size`, a JPEG `quality`, or a name alone.
    """

    name: str = ""
    strength: int | None = None
    parameter: float | None = None
    budget: float | None = None
    flipped: float | None = None
    kernel: str = ""
    size: float | None = None
    quality: int | None = None
    change: Figures = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """One kind of changes on `images` images of `groups` groups, and the figures of the unchanged ones, `clean`.

    `steps` is the number of steps of the longest attack.
    """

    images: int
    groups: int
    clean: Figures
    rows: tuple[Changed, ...]
    seed: int = 0
    steps: int | None = None


@dataclass(frozen=True)
class Shortcut:
    """What a simple probe reaches that knows only `features` numbers of a picture, or of its patient."""

    name: str
    features: int
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Shortcuts:
    """All shortcuts, fitted on `training_images` and measured on the model's own test images."""

    training_images: int
    rows: tuple[Shortcut, ...]


@dataclass(frozen=True)
class Alike:
    """How alike the answers to `n` full-size files and to their small copies are; shares and distances in [0, 1]."""

    part: str
    n: int
    same_top: float
    mean_dp: float
    max_dp: float
    same_decision: float
    same_band: float | None = None


@dataclass(frozen=True)
class Maps:
    """Where `n` maps lie: shares of maps with more than half outside the mask or on the frame, and the means."""

    of: str
    n: int
    empty: int
    even_map: float
    outside_half: float | None = None
    outside_mean: float | None = None
    border_half: float | None = None
    border_mean: float | None = None
    peak_inside: float | None = None


@dataclass(frozen=True)
class Focus:
    """The maps of `images` images against a `mask` ("lungs" or "lesion")."""

    images: int
    mask: str
    rows: tuple[Maps, ...]


@dataclass(frozen=True)
class Confusion:
    """`counts` (C, C) of images, rows the true class, columns the decided one, in the order of `labels`."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Confused:
    """`n` images of `truth`, a `share` of all of them, were said to be `said`."""

    truth: str
    said: str
    n: int
    share: float


@dataclass(frozen=True)
class Errors:
    """The most frequent mistakes."""

    pairs: tuple[Confused, ...] = ()


@dataclass(frozen=True)
class Details:
    """`evaluation.yaml`: what one command found out about the file with `sha256` on one part, beside the headlines."""

    model: str
    sha256: str
    date: str
    data: str
    part: str
    images: int
    groups: int
    command: str
    confusion: Confusion | None = None
    subgroups: Mapping[str, Division] = field(default_factory=dict)
    shortcuts: Shortcuts | None = None
    focus: Focus | None = None
    copies: tuple[Alike, ...] = ()
    errors: Errors | None = None
    corruptions: Changes | None = None
    storage: Changes | None = None
    attacks: Changes | None = None
