"""`llmgeo show`: a finished run once more, from its folder. Loads neither torch nor a model."""

import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.options import Format, RunArgument
from llmgeo.cli.output import write, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from llmgeo.report.token_text import TokenText
    from llmgeo.run import Run


class ShowFormat(StrEnum):
    """How a run is written to stdout."""

    human = "human"
    json = "json"
    csv = "csv"
    quiet = "quiet"


ShowFormatOption = Annotated[
    ShowFormat,
    typer.Option(
        "--format",
        help="human: for reading. json: the same numbers, for programs. csv: one table. quiet: only the path.",
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option(
        "--table", metavar="NAME", help="With --format csv: which table. Left out: layers.", show_default=False
    ),
]
SampleOption = Annotated[
    str | None,
    typer.Option("--sample", metavar="NAME", help="The text to show. Left out: the first loop.", show_default=False),
]
MeasureOption = Annotated[
    str | None,
    typer.Option("--measure", metavar="NAME", help="What colours it. Left out: the first.", show_default=False),
]
LayerOption = Annotated[
    int | None,
    typer.Option("--layer", metavar="N", help="At which layer. Left out: the middle one.", show_default=False),
]


def show(
    run: RunArgument,
    format: ShowFormatOption = ShowFormat.human,
    table: TableOption = None,
    sample: SampleOption = None,
    measure: MeasureOption = None,
    layer: LayerOption = None,
) -> None:
    """Show what a run found, and one of its texts; needs no model.

    \b
    Examples:
      llmgeo show runs/20261124T083005Z-toy-coherence-a1b2c3
      llmgeo show runs/... --sample story-1-greedy --measure surprisal
      llmgeo show runs/... --format json | jq '.claims[] | {sentence, verdict}'
      llmgeo show runs/... --format csv --table contrasts > contrasts.csv
    """
    from llmgeo import plugins
    from llmgeo import run as runs
    from llmgeo.errors import UsageError

    values = {"--sample": sample, "--measure": measure, "--layer": layer}
    text_options = [option for option, value in values.items() if value is not None]
    if text_options and format not in (ShowFormat.human, ShowFormat.json):
        raise UsageError(
            f"{text_options[0]} chooses the text to show, and --format {format} shows none; leave one of them out"
        )
    if table is not None and format is not ShowFormat.csv:
        raise UsageError(f"--table {table} goes with --format csv; with --format json all the results come at once")
    plugins.load()
    opened = runs.open(run)
    if format is ShowFormat.csv:
        write_table(opened, table or "layers")
    else:
        write_run(opened, Format(format), whole=True, text=(sample, measure, layer) if text_options else None)


def write_table(run: "Run", table: str) -> None:
    """Writes one table to stdout as CSV."""
    from llmgeo.run import csv

    write_text(csv.text(run.table(table), escaped=True))


def write_run(run: "Run", format: Format, *, whole: bool, text: tuple | None = None) -> None:
    """Writes a run to stdout: everything there is to show, or the first screen.

    Args:
        text: sample, measure and layer of the text to show, where any of them was asked for.
    """
    from llmgeo.engine import registry
    from llmgeo.report.run_records import as_records
    from llmgeo.report.token_text import token_text

    is_text_alone = bool(text) and not _has_results(run)  # an interrupted run has texts already

    def human(width: int) -> "RenderableType":
        if is_text_alone:
            return _text_alone(run, token_text(run, *text))
        return registry.experiment_of(run).screen(
            run, width, whole=whole, has_title=whole or not sys.stdout.isatty(), text=text
        )

    def data() -> dict[str, object]:
        records = {"path": str(run.path), "status": run.status} if is_text_alone else as_records(run)
        return records | {"text": asdict(token_text(run, *text))} if text else records

    write(format, human=human, data=data, path=str(run.path))


def _has_results(run: "Run") -> bool:
    from llmgeo.run import results

    return all(results.is_computed(run.path, table.name) for table in run.declaration.results)


def _text_alone(run: "Run", sample_text: "TokenText | None") -> "RenderableType":
    """The text that was asked for, of a run whose results are still to come."""
    from rich.console import Group

    from llmgeo.report import screen
    from llmgeo.report.token_text_view import coloured

    remark = f"This run is {run.status} and has no results yet; llmgeo analyze computes those of what there is."
    return Group(*(coloured(sample_text) if sample_text else ()), screen.text(remark, "yellow"))


def write_runs(runs: "Sequence[Run]", format: Format) -> None:
    """Writes several runs, one under the other; as JSON, a list."""
    from rich.console import Group

    from llmgeo.engine import registry
    from llmgeo.report.run_records import as_records

    write(
        format,
        human=lambda width: Group(*(registry.experiment_of(run).screen(run, width, whole=False) for run in runs)),
        data=lambda: [as_records(run) for run in runs],
        path="\n".join(str(run.path) for run in runs),
    )
