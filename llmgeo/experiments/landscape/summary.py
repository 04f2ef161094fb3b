"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from llmgeo.experiments.landscape.sentences import remarks
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run


def summarize(run: Run) -> RunSummary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    return RunSummary.of(run, remarks=remarks(run))
