"""Floor 2: bytes become a `Photograph`, under guard, or one typed refusal."""

from util.imaging.photograph import Facts, Photograph

__all__ = ["Facts", "Photograph"]
