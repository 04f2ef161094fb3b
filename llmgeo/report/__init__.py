"""What a finished run says, as plain data (`summary`) and on a screen (`terminal`). Knows no model, loads no torch."""

from llmgeo.escape import literal
from llmgeo.report.records import as_records
from llmgeo.report.summary import Summary, failed_samples, summarize

__all__ = ["Summary", "as_records", "failed_samples", "literal", "summarize"]
