"""How much a file may ask for, checked on its headers before anything of it is decoded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from util.imaging.refusals import FileTooLarge, ImageTooSmall, TooManyPixels, damaged


@dataclass(frozen=True)
class Limits:
    """Upper bounds: `maximum_bytes` of the file, `maximum_pixels` of one frame, `maximum_side` in pixels."""

    maximum_bytes: int = 50_000_000
    maximum_pixels: int = 100_000_000
    maximum_side: int = 65_535

    @property
    def maximum_unpacked(self) -> int:
        """Bytes that a file compressed as a whole (deflated DICOM) may unpack to."""
        return 4 * self.maximum_bytes


@dataclass(frozen=True)
class Guard:
    """The limits together with the smallest side that the modality can use."""

    limits: Limits
    minimum_side: int

    def admit_bytes(self, count: int) -> None:
        """Raise FileTooLarge where the file has more bytes than allowed."""
        if count > self.limits.maximum_bytes:
            # Rounded up, so that a byte too many does not read as the limit itself.
            received = math.ceil(count / 1e6)
            raise FileTooLarge("imaging.too_large", limit=self.limits.maximum_bytes / 1e6, received=received)

    def admit(self, format: str, width: int, height: int) -> None:
        """Raise TooManyPixels or ImageTooSmall (TruncatedImage for no pixels at all) on announced sides."""
        if width < 1 or height < 1:
            raise damaged(format)
        limits = self.limits
        if width * height > limits.maximum_pixels or max(width, height) > limits.maximum_side:
            raise TooManyPixels(
                "imaging.too_many_pixels",
                limit=limits.maximum_pixels / 1e6,
                side=limits.maximum_side,
                width=width,
                height=height,
            )
        if min(width, height) < self.minimum_side:
            raise ImageTooSmall("imaging.too_small", minimum=self.minimum_side, width=width, height=height)
