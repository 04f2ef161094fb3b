"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

from llmgeo.experiments.watch.sentences import calibration, headline
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        said: which channel hears loops first, and where the thresholds are from.
    """

    said: tuple[str, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    said = (headline(run), calibration(run))
    return Summary.of(run, said=tuple(sentence for sentence in said if sentence))
