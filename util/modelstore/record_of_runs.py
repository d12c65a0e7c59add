"""The record of the runs behind a card (`runs.yaml`), as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from util.modelstore.card import Figure

Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Run:
    """One training run: what it was, and its figures on the validation fold of `n` images of `groups` groups.

    `curve` has one value an epoch under `loss`, `auc`, `balanced_accuracy`; `confusion` (C, C) counts images, rows
    the true class in the order of `labels`; `critical` is the class of `critical_recall`. None where not measured.
    """

    row: str
    network: str
    weights: str = ""
    imbalance: str = ""
    preparation: str = ""
    also: str = ""
    side: int | None = None
    images_seen: int | None = None
    parameters: int | None = None
    minutes: float | None = None
    seed: int | None = None
    validation_fold: int | None = None
    n: int | None = None
    groups: int | None = None
    critical: str | None = None
    auc: Figure | None = None
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    macro_f1: float | None = None
    critical_recall: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    labels: tuple[str, ...] = ()
    curve: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported:
    """What others say of a `network`: figures in [0, 1], `measured` on what, and the runs `here` beside it."""

    source: str
    network: str
    measured: str = ""
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    macro_f1: float | None = None
    f1: float | None = None
    auc: float | None = None
    critical_recall: float | None = None
    here: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Parts:
    """Figures of one network on its validation part and on the fold, of `yardstick`, whose groups nobody trained on."""

    validation: Figures
    yardstick: Figures


@dataclass(frozen=True)
class Choice:
    """One figure at the best of all epochs, at the epoch that validation chose, and how much choosing flatters."""

    best_of_epochs: Figure
    chosen_by_validation: Figure
    difference: Figure


@dataclass(frozen=True)
class Selection:
    """What choosing the epoch on the very images that are reported flatters."""

    epochs: int
    images: int
    auc: Choice | None = None
    balanced_accuracy: Choice | None = None


@dataclass(frozen=True)
class Leakage:
    """One training twice, folds by group and by image; `flattery` names differences of figures."""

    network: str
    yardstick_fold: int
    yardstick_images: int
    yardstick_groups: int
    group_split: Parts
    image_split: Parts
    flattery: Mapping[str, Figures]
    selected_on_test: Selection | None = None


@dataclass(frozen=True)
class Slide:
    """One slide of a cross-validation; what a slide of one class cannot show is None."""

    slide: str
    patches: int
    positives: int
    fold: int | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    balanced_accuracy: float | None = None
    auc: float | None = None


@dataclass(frozen=True)
class Grid:
    """A whole slide as text, one string a row of patches from above, empty ends left away.

    `chance` has two digits a patch (hundredths), ".." for none; `labels` one character: 0, 1 or ".".
    """

    slide: str
    patches: int
    chance: tuple[str, ...]
    labels: tuple[str, ...]
    fold: int | None = None


@dataclass(frozen=True)
class Slides:
    """What a cross-validation says slide by slide; the quantiles, in percent, are of balanced accuracy."""

    slides: int
    with_both_classes: int = 0
    balanced_accuracy_quantiles: Mapping[str, float] = field(default_factory=dict)
    table: tuple[Slide, ...] = ()
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One trial of a search: the options that made it and its figures on the validation fold."""

    options: Mapping[str, object]
    auc: float | None = None
    balanced_accuracy: float | None = None
    macro_f1: float | None = None
    epochs_run: int | None = None


@dataclass(frozen=True)
class Search:
    """A search over options: how many `trials` it had, and the `best` of them."""

    trials: int
    best: tuple[Trial, ...]


@dataclass(frozen=True)
class Pooled:
    """Figures of a cross-validation, every image answered by a network that had not seen its group."""

    folds: tuple[int, ...]
    images: int
    groups: int
    figures: Figures
    network: str = ""
    date: str = ""
    test_fold_included: bool = False
    figures_without_metadata: Figures = field(default_factory=dict)
    slides: Slides | None = None


@dataclass(frozen=True)
class Way:
    """One way of answering with several networks; `figures` include its differences to the best single one."""

    way: str
    single: bool
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Ensemble:
    """Several networks together against the best single one of them, on the same held-out images."""

    folds: tuple[int, ...]
    images: int
    groups: int
    best_single: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class MetadataQuestion:
    """Balanced accuracy of the fused network without metadata, of an image-only one, and their paired difference."""

    images: int
    groups: int
    first: Figure
    second: Figure
    difference: Figure


@dataclass(frozen=True)
class Runs:
    """`runs.yaml`: the `study` on one budget, the rows that are `planned`, other `runs`, other questions."""

    modality: str
    study: tuple[Run, ...] = ()
    planned: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    reported: tuple[Reported, ...] = ()
    leakage: Leakage | None = None
    crossvalidation: Mapping[str, Pooled] = field(default_factory=dict)
    ensembles: Mapping[str, Ensemble] = field(default_factory=dict)
    metadata_question: MetadataQuestion | None = None
    search: Mapping[str, Search] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The planned rows of the study that nobody has run yet."""
        there = {run.row for run in self.study}
        return tuple(name for name in self.planned if name not in there)
