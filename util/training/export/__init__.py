"""A model or a run in the formats of other tools, each file checked against the original before it gets its name."""

from util.training.export.exporting import MOST, Exported, export
from util.training.export.formats import FORMATS
from util.training.export.sources import Source, of_card, of_run

__all__ = ["FORMATS", "MOST", "Exported", "Source", "export", "of_card", "of_run"]
