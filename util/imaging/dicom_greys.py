"""Stored greys to shown greys: modality table or rescale, then table, window or full range of values."""

from __future__ import annotations

import numpy as np

from util.imaging.blank import is_blank
from util.imaging.dicom_elements import MODALITY_TABLE, VOI_TABLE
from util.imaging.dicom_header import Header, Values
from util.imaging.dicom_tables import looked_up, read_table
from util.imaging.scaling import stretch
from util.language import Sentence

_DESCRIPTOR, _DATA = 0x00283002, 0x00283006
_CENTRE, _WIDTH, _INTERCEPT, _SLOPE, _FUNCTION = 0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056
# Beyond it sums and products of doubles could overflow; no measured value comes near.
_FARTHEST = 1e38
_PADDING, _PADDING_LIMIT = 0x00280120, 0x00280121


def window(values: np.ndarray, centre: float, width: float, function: str) -> np.ndarray:
    """`values` as shares of full brightness in [0, 1] (PS3.3, C.11.2.1.2 and C.11.2.1.3, 2024)."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -700, 700)))
    if function == "LINEAR_EXACT":
        return np.clip((values - centre) / width + 0.5, 0, 1)
    if width == 1:
        return (values > centre - 0.5).astype(np.float64)
    return np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


def shown_greys(stored: np.ndarray, header: Header, values: Values) -> tuple[np.ndarray, list[Sentence]]:
    """`stored` (rows, columns) as uint8, dark to bright as MONOCHROME2, and what was done.

    Up to 16 bits the whole chain is worked out once for each value that occurs, not for each pixel.
    """
    whole = stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2
    if stored.dtype.kind == "f":
        # Some patterns of not-a-number warn as they are widened.
        with np.errstate(invalid="ignore"):
            stored = np.nan_to_num(stored.astype(np.float64)).clip(-_FARTHEST, _FARTHEST)
    lowest, highest = stored.min(), stored.max()
    narrow = whole or (stored.dtype.kind in "iu" and int(highest) - int(lowest) < 1 << 17)
    inputs = np.arange(int(lowest), int(highest) + 1, dtype=np.float64) if narrow else stored
    inputs = inputs.reshape(1, -1) if narrow else inputs
    real = _real(inputs, header, values)
    shares, notices = _chosen(real, header, values)

    def spread(greys: np.ndarray) -> np.ndarray:
        return looked_up(greys[0], stored, int(lowest)) if narrow else greys

    pixels = None if shares is None else spread(np.rint(np.asarray(shares) * 255).astype(np.uint8))
    if pixels is None or (is_blank(pixels) and notices):
        low, high = _occurring(stored, real, int(lowest) if narrow else None, values, header)
        full = spread(stretch(real, low, high))
        if pixels is None or not is_blank(full):
            name = "imaging.full_range" if pixels is None else "imaging.window_useless"
            pixels, notices = full, [Sentence.of(name)]
    if header.photometric == "MONOCHROME1":
        pixels = 255 - pixels
        notices = [*notices, Sentence.of("imaging.inverted")]
    return pixels, notices


def _real(inputs: np.ndarray, header: Header, values: Values) -> np.ndarray:
    """Stored values as those of the modality (Hounsfield units, optical density, ...)."""
    table = read_table(values, (MODALITY_TABLE, _DESCRIPTOR), (MODALITY_TABLE, _DATA), header.signed)
    if table is not None:
        return table.of(inputs)
    slope, intercept = values.numbers(_SLOPE), values.numbers(_INTERCEPT)
    if slope and slope[0] != 0:
        return inputs.astype(np.float64) * slope[0] + (intercept[0] if intercept else 0.0)
    return inputs.astype(np.float64)


def _chosen(real: np.ndarray, header: Header, values: Values) -> tuple[np.ndarray | None, list[Sentence]]:
    """Shares in [0, 1] by the file's own table or first window; None where it has neither."""
    table = read_table(values, (VOI_TABLE, _DESCRIPTOR), (VOI_TABLE, _DATA), real.min() < 0)
    if table is not None:
        return np.clip(table.of(real) / ((1 << table.bits) - 1), 0, 1), [Sentence.of("imaging.voi_table")]
    centre, width = values.numbers(_CENTRE), values.numbers(_WIDTH)
    function = values.text(_FUNCTION)
    least = 0 if function in ("SIGMOID", "LINEAR_EXACT") else 1
    if centre and width and width[0] >= least and width[0] > 0:
        notice = Sentence.of("imaging.window", centre=round(centre[0]), width=round(width[0]))
        return window(real, centre[0], width[0], function), [notice]
    if header.stored <= 8 and not header.signed and header.samples == 1 and real.min() >= 0:
        top = (1 << header.stored) - 1
        if top > 0 and real.max() <= top:
            return real / top, []
    return None, []


def _occurring(
    stored: np.ndarray, real: np.ndarray, lowest: int | None, values: Values, header: Header
) -> tuple[float, float]:
    """The least and greatest modality value among the pixels that are not padding."""
    raw = values.raw(_PADDING)
    kept = stored
    if raw is not None and len(raw) >= 2 and header.allocated <= 16:
        kind = f"{values.order}{'i' if header.signed else 'u'}2"
        ends = [int(np.frombuffer(raw[:2], kind)[0])]
        limit = values.raw(_PADDING_LIMIT)
        if limit is not None and len(limit) >= 2:
            ends.append(int(np.frombuffer(limit[:2], kind)[0]))
        kept = stored[(stored < min(ends)) | (stored > max(ends))]
        kept = kept if kept.size else stored
    if lowest is None:
        return float(real.min()), float(real.max())
    span = real[0, int(kept.min()) - lowest : int(kept.max()) - lowest + 1]
    return float(span.min()), float(span.max())
