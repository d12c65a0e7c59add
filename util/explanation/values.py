"""What an explanation is: one map, what its sign means, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from util.language import Sentence


@dataclass(frozen=True)
class Explanation:
    """A map of one method for one class.

    `heat` float32 (H, W) at the model's input size: in [0, 1] where `signed` is False (1 is the strongest evidence
    for the target), in [-1, 1] where it is True; `grid` the method's own resolution (h, w) before enlarging;
    `empty` is True where the method found no positive evidence (a zero-range map, never drawn as a colour);
    `passes` forward passes, `seconds` wall time, `seed` None without chance. `facts` are figures of the method itself
    (steps, completeness error, baseline, ...), `notes` what a reader must know of them, in words.
    """

    method: str
    target: int
    heat: np.ndarray
    grid: tuple[int, int]
    signed: bool
    empty: bool
    passes: float
    seconds: float
    seed: int | None = None
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()

    def __post_init__(self) -> None:
        self.heat.setflags(write=False)
