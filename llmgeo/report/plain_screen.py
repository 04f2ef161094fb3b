"""A finished run on a terminal, whatever experiment it is of: its claims and where it is. Knows Rich; no experiment."""

from collections.abc import Sequence

from rich.console import Group

from llmgeo.report import room_screen, words
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run


def plain_screen(run: Run, width: int, parts: Sequence[str] = (), has_title: bool = True) -> Group:
    """Heading, claims, how many texts there are, where the run and its page lie; or the parts that were asked for."""
    summary = RunSummary.of(run)
    if parts:
        return room_screen.parts_screen(run, summary, width, parts, {})
    samples = summary.counts.get("samples")
    own = room_screen.counts(words.count(samples, "text") if samples else "", summary.remarks)
    return room_screen.first_screen(summary, width, own, has_title)
