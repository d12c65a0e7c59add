"""The record of what methods of explanation are worth with one model (`explanations.yaml`), as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from util.modelstore.card import Figure


@dataclass(frozen=True)
class Differences:
    """Paired differences, method minus control, of the areas under the curves, with 95 % bootstrap intervals by group.

    A method beats the control in insertion where the whole interval lies above 0, in deletion where it lies below.
    """

    insertion: Figure | None = None
    deletion: Figure | None = None

    @property
    def beats_insertion(self) -> bool:
        """Whether the method's insertion area is larger beyond chance."""
        return self.insertion is not None and self.insertion.low is not None and self.insertion.low > 0

    @property
    def beats_deletion(self) -> bool:
        """Whether the method's deletion area is smaller beyond chance."""
        return self.deletion is not None and self.deletion.high is not None and self.deletion.high < 0


@dataclass(frozen=True)
class Worth:
    """What one method (or control) was measured to be, means over the images; None where not measured.

    `seconds` and forward `passes` a map; areas under `insertion` and `deletion` in [0, 1]; `beats` by control; `focus`
    the share of energy in the true lesion or the lung fields, `border` that on the frame, `pointing` the share of maps
    whose peak lies in the field; `repeatability` and `sanity` (after all layers forgot) rank correlations; `empty` maps
    without evidence.
    """

    seconds: float | None = None
    insertion: Figure | None = None
    deletion: Figure | None = None
    beats: Mapping[str, Differences] = field(default_factory=dict)
    focus: Figure | None = None
    pointing: Figure | None = None
    repeatability: Figure | None = None
    sanity: Figure | None = None
    border: Figure | None = None
    passes: float | None = None
    empty: int = 0


@dataclass(frozen=True)
class RiskCurves:
    """Shares of errors among the answers kept, over `coverage`, leaving out by probability or by the composite."""

    coverage: tuple[float, ...]
    risk_probability: tuple[float, ...]
    risk_composite: tuple[float, ...]


@dataclass(frozen=True)
class CompositeWorth:
    """Whether the composite confidence predicts errors better than the probability alone (`helps`), measured.

    `n` answers with `errors` wrong ones; areas under the risk-coverage curves, less is better: of the composite, of
    the probability, and of leaving out at random. `gain` = area_probability - area, paired; `skill` = area_random -
    area. `limit`: under it an answer is borderline, `methods` those whose agreement was taken; None, () if not said.
    """

    helps: bool
    n: int | None = None
    errors: int | None = None
    errors_found: float | None = None
    area: float | None = None
    area_probability: float | None = None
    area_random: float | None = None
    gain: Figure | None = None
    skill: Figure | None = None
    limit: float | None = None
    methods: tuple[str, ...] = ()
    risk_coverage: RiskCurves | None = None


@dataclass(frozen=True)
class Measured:
    """`explanations.yaml`: what one command found out about explanations of the file with `sha256` on one part.

    `learned`: the network was trained on these very images, which flatters it. `steps` and `baseline` of the curves;
    the times are those of so many `cores`.
    """

    model: str
    sha256: str
    date: str
    command: str
    part: str
    preset: str
    images: int
    methods: Mapping[str, Worth]
    controls: Mapping[str, Worth] = field(default_factory=dict)
    composite: CompositeWorth | None = None
    groups: int | None = None
    learned: bool = False
    steps: int | None = None
    baseline: str = ""
    cores: int | None = None
