"""What there is to say of a run of the room, as plain data. Knows the manifest and the results; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

from llmgeo.experiments.steering.sentences import said
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        said: which ways loop less than the first, and where the thresholds are from.
    """

    said: tuple[str, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    return Summary.of(run, said=said(run))
