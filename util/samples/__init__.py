"""Floor 8: synthetic images, drawn by code, for a classroom without patients' pictures."""

from util.samples.sample import Sample, samples

__all__ = ["Sample", "samples"]
