"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

from llmgeo.experiments.trace.sentences import faults
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        faults: what is wrong with the series of checkpoints.
    """

    faults: tuple[str, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    return Summary.of(run, ("run or checkpoint", "runs or checkpoints"), faults=tuple(faults(run)))
