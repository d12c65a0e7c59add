"""The small set of ways in which a file is refused, each one sentence: what was expected, what came."""

from __future__ import annotations

from util.language import PenumbraError


class RefusedImage(PenumbraError):
    """A file that does not become a `Photograph`; every subclass names one reason."""


class EmptyFile(RefusedImage):
    """No bytes at all."""


class FileTooLarge(RefusedImage):
    """More bytes than `Limits.maximum_bytes`."""


class TooManyPixels(RefusedImage):
    """More pixels than `Limits.maximum_pixels`, as the header announces them."""


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
