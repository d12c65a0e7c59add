"""Age, sex and site as the row of numbers that a fused network reads."""

from __future__ import annotations

import math

import numpy as np

from util.language import PenumbraError
from util.modelstore.card import MetadataEncoding
from util.prediction.values import Metadata

OLDEST = 120


class MetadataError(PenumbraError):
    """An age, sex or site that cannot be used."""


def encode(metadata: Metadata, encoding: MetadataEncoding) -> np.ndarray:
    """One row float32 (m,): [age known, (age - mean) / scale, sex one-hot, site one-hot]; missing parts are zero.

    Raises MetadataError for an age outside [0, 120] or a sex or site that the card does not list.
    """
    row = np.zeros(encoding.width, np.float32)
    if metadata.age is not None:
        check_age(metadata.age)
        row[0], row[1] = 1, (metadata.age - encoding.age_mean) / encoding.age_scale
    start = 2
    for name, value, known in (
        ("sex", metadata.sex, encoding.sexes),
        ("site", metadata.site, encoding.sites),
    ):
        if value is not None:
            if value not in known:
                key = f"prediction.unknown_{name}"
                raise MetadataError(key, received=str(value)[:40], known=", ".join(known))
            row[start + known.index(value)] = 1
        start += len(known)
    return row


def check_age(age: float) -> None:
    """Raise MetadataError for an age in years outside [0, 120]."""
    number = isinstance(age, (int, float)) and not isinstance(age, bool) and math.isfinite(age)
    if not number or not 0 <= age <= OLDEST:
        raise MetadataError("prediction.bad_age", oldest=OLDEST, received=str(age)[:20])
