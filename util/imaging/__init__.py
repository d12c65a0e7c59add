"""Floor 2: bytes become a `Photograph`, under guard, or one typed refusal."""

from util.imaging.decoding import decode
from util.imaging.limits import Limits
from util.imaging.photograph import Facts, Photograph
from util.imaging.refusals import (
    BlankImage,
    EmptyFile,
    FileTooLarge,
    ImageTooSmall,
    NotAnImage,
    RefusedImage,
    TooManyPixels,
    TruncatedImage,
    UnsupportedImage,
)

__all__ = [
    "BlankImage",
    "EmptyFile",
    "Facts",
    "FileTooLarge",
    "ImageTooSmall",
    "Limits",
    "NotAnImage",
    "Photograph",
    "RefusedImage",
    "TooManyPixels",
    "TruncatedImage",
    "UnsupportedImage",
    "decode",
]
