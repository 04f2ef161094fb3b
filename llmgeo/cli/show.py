"""`llmgeo show`: a finished run once more, from its folder. Loads neither torch nor a model."""

import sys
from typing import TYPE_CHECKING

from llmgeo.cli.options import Format, FormatOption, RunArgument
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from rich.console import Group

    from llmgeo.run import Run


def show(run: RunArgument, format: FormatOption = Format.human) -> None:
    """Show what a run found; needs no model.

    \b
    Examples:
      llmgeo show runs/20261124T083005Z-toy-coherence-a1b2c3
      llmgeo show runs/... --format json | jq '.claims[] | {sentence, verdict}'
    """
    from llmgeo import run as runs

    write_run(runs.open(run), format, whole=True)


def write_run(run: "Run", format: Format, *, whole: bool) -> None:
    """Writes a run to stdout: everything there is to show, or the first screen."""
    from llmgeo.report import as_records, summarize, terminal
    from llmgeo.report.comparison import is_comparison, summarize_comparison
    from llmgeo.report.comparison_view import comparison

    def human(width: int) -> "Group":
        if is_comparison(run):
            return comparison(summarize_comparison(run), width, whole)
        summary = summarize(run)
        if whole:
            return terminal.whole(summary, width)
        return terminal.first_screen(summary, width, has_title=not sys.stdout.isatty())

    write(
        format,
        human=human,
        data=lambda: as_records(run),
        path=str(run.path),
    )
