"""The door: bytes become a `Photograph`, or one typed refusal."""

from __future__ import annotations

import hashlib
import logging

from util.imaging.announced import Decoded
from util.imaging.blank import is_blank
from util.imaging.detect import detect
from util.imaging.limits import Guard, Limits
from util.imaging.photograph import Photograph
from util.imaging.pillow_formats import decode_pillow
from util.imaging.refusals import BlankImage, EmptyFile, RefusedImage, UnsupportedImage
from util.language import Sentence

# Below half of the 50 pixels on which breast models are trained, most of the input is reflection.
SMALLEST_USUAL_SIDE = 25
_DEFAULT = Limits()
_log = logging.getLogger(__name__)


def decode(data: bytes, *, minimum_side: int = 32, limits: Limits = _DEFAULT) -> Photograph:
    """The image in `data` as a `Photograph`: uint8 pixels, (H, W) grey or (H, W, 3) colour.

    The format is told by content; limits are checked on headers before anything is decoded; of
    several pictures in one file the first is taken; of what the file says of itself, `Facts` is all
    that is read. `minimum_side` is the fewest pixels a side. Nothing is written anywhere. Raises a
    subclass of `RefusedImage`, and nothing else.
    """
    if not data:
        raise EmptyFile("imaging.empty")
    data = bytes(data)
    guard = Guard(limits, minimum_side)
    guard.admit_bytes(len(data))
    try:
        decoded = _decode(data, guard)
    except RefusedImage:
        raise
    except MemoryError:
        raise UnsupportedImage("imaging.out_of_memory") from None
    except Exception as error:
        # No known file comes here. The kind of the error is logged, never its text, which may quote the file.
        _log.error("decoding ended in an unforeseen %s", type(error).__name__)
        raise UnsupportedImage("imaging.unreadable") from None
    if is_blank(decoded.pixels):
        raise BlankImage("imaging.blank", width=decoded.facts.width, height=decoded.facts.height)
    return Photograph(decoded.pixels, decoded.facts, hashlib.sha256(data).hexdigest(), _noticed(decoded))


def _decode(data: bytes, guard: Guard) -> Decoded:
    format = detect(data)
    if format == "DICOM":
        # Imported here, so that ordinary pictures do not wait for it.
        from util.imaging.dicom import decode_dicom

        return decode_dicom(data, guard)
    return decode_pillow(format, data, guard)


def _noticed(decoded: Decoded) -> tuple[Sentence, ...]:
    width, height = decoded.facts.width, decoded.facts.height
    if min(width, height) >= SMALLEST_USUAL_SIDE:
        return decoded.notices
    small = Sentence.of("imaging.very_small", width=width, height=height, usual=SMALLEST_USUAL_SIDE)
    return (*decoded.notices, small)
