"""How much a file may ask for, before anything of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Upper bounds on an uploaded image: `maximum_bytes` of the file, `maximum_pixels` of one frame."""

    maximum_bytes: int = 50_000_000
    maximum_pixels: int = 100_000_000
