"""The small set of ways in which a file is refused, each one sentence: what was expected, what came.

No sentence quotes text out of the file: it could be a patient's name.
"""

from __future__ import annotations

from util.language import PenumbraError, Sentence


class RefusedImage(PenumbraError):
    """A file that does not become a `Photograph`; every subclass names one reason."""


class EmptyFile(RefusedImage):
    """No bytes at all."""


class FileTooLarge(RefusedImage):
    """More bytes than `Limits.maximum_bytes`, as sent or once unpacked."""


class TooManyPixels(RefusedImage):
    """More pixels than `Limits` allows, as the header announces them."""


class TruncatedImage(RefusedImage):
    """A file of a known format that breaks off, or whose contents are damaged."""


class NotAnImage(RefusedImage):
    """Bytes that no image format begins with."""


class UnsupportedImage(RefusedImage):
    """An image in a format or coding that cannot be read here."""


class ImageTooSmall(RefusedImage):
    """Fewer pixels a side than the modality needs."""


class BlankImage(RefusedImage):
    """Every pixel has practically the same value."""


def breaks_off(format: str) -> TruncatedImage:
    """The refusal of a file of `format` ("PNG", "DICOM", ...) that ends before its picture does."""
    return TruncatedImage("imaging.truncated", format=format)


def damaged(format: str) -> TruncatedImage:
    """The refusal of a file of `format` whose contents contradict its headers or check sums."""
    return TruncatedImage("imaging.damaged", format=format)


def unsupported(format: str, reason: str) -> UnsupportedImage:
    """The refusal of a readable format in an unreadable variant; `reason` is a key of imaging.yaml."""
    return UnsupportedImage(
        "imaging.unsupported_variant", format=format, reason=Sentence.of(f"imaging.{reason}")
    )
