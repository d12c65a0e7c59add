"""Whether maps lie where they should: in the lesion, in the lung fields, and not on the border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.comparison.values import Focus
from util.diagnosis import Diagnosis
from util.explanation import border_share, inside_share, lesion_mask, lung_mask, peak_inside

_FIELDS = {"skin": ("lesion", lesion_mask), "chest": ("lungs", lung_mask)}


@dataclass(frozen=True)
class Field:
    """Where evidence should lie: the boolean `mask` (H, W) on the network's input, estimated; `name` as in words."""

    name: str
    mask: np.ndarray


def field_of(diagnosis: Diagnosis) -> Field | None:
    """The estimated lesion or lung fields on the prepared image; None for modalities without such an estimate."""
    if diagnosis.card.modality not in _FIELDS:
        return None
    name, estimate = _FIELDS[diagnosis.card.modality]
    mask = estimate(diagnosis.prepared.pixels)
    mask.setflags(write=False)
    return Field(name, mask)


def focus_of(heat: np.ndarray, field: Field | None) -> Focus | None:
    """The focus of `heat` (H, W) on `field`; None for a map without evidence. Of signed maps, the positive part."""
    evidence = np.maximum(heat, 0)
    border = border_share(evidence)
    if border is None:
        return None
    even = border_share(np.ones(heat.shape))
    if field is None:
        return Focus(None, border, even=even)
    return Focus(
        inside_share(evidence, field.mask),
        border,
        field.name,
        peak_inside(evidence, field.mask),
        float(field.mask.mean()),
        even,
    )
