"""Floor 8: a `Diagnosis` on paper (`pdf`) and for machines (`as_json`)."""

from util.report.document import pdf
from util.report.record import SCHEMA_VERSION, as_json

__all__ = ["SCHEMA_VERSION", "as_json", "pdf"]
