"""`llmgeo show`: a finished run once more, from its folder. Loads neither torch nor a model."""

import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.help import OUTPUT
from llmgeo.cli.latest import meant
from llmgeo.cli.opening import open_page
from llmgeo.cli.options import Format, OpenOption, RunArgument
from llmgeo.cli.output import write, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmgeo.run import Run


PARTS = "Show these parts in full"
ONE_TEXT = "Show one text"


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
        rich_help_panel=OUTPUT,
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="With --format csv: which table. Left out: layers.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
SampleOption = Annotated[
    str | None,
    typer.Option(
        "--sample",
        metavar="NAME",
        help="Show this text, token by token; --texts lists their names.",
        show_default=False,
        rich_help_panel=ONE_TEXT,
    ),
]
MeasureOption = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="What colours the text. Left out: the run's first measure.",
        show_default=False,
        rich_help_panel=ONE_TEXT,
    ),
]
LayerOption = Annotated[
    int | None,
    typer.Option(
        "--layer",
        metavar="N",
        help="The layer of that measure. Left out: the middle one.",
        show_default=False,
        rich_help_panel=ONE_TEXT,
    ),
]


def _part(name: str, what: str) -> object:
    return Annotated[bool, typer.Option(f"--{name}", help=what, rich_help_panel=PARTS)]


ClaimsOption = _part("claims", "What the papers say, tested on this run.")
AnswersOption = _part("answers", "Of your own texts: whether geometry tells them apart, and which stand out.")
ContrastsOption = _part("contrasts", "What separates the texts, measure by measure.")
CurvesOption = _part("curves", "Every measure, layer by layer.")
ScalesOption = _part("scales", "How the dimension depends on the scale at which it is read.")
PositionsOption = _part("positions", "In a comparison: where the predictions differ most.")
QuestionsOption = _part("questions", "Of the depth axis: what each question found.")
SurrogatesOption = _part("surrogates", "Of DMET: every measure beside its surrogates.")
AssociationsOption = _part("associations", "Of DMET: which measures go with which qualities of a text.")
MatricesOption = _part("matrices", "Of weights: every kind of matrix, joint clouds, rounding.")
TrainingsOption = _part("trainings", "Of a trace: every run, the stress beside its nulls, and the factors.")
BowlsOption = _part("bowls", "Of a landscape: slope and curvature at the weights, beside a random network's.")
AlarmsOption = _part("alarms", "Of a monitor's test: how early each channel alarms, and how often for nothing.")
WaysOption = _part("ways", "Of steering: every way, and each beside each.")
TextsOption = _part("texts", "A list of all texts, with the names that --sample takes.")
RefusedOption = _part("refused", "The estimates that have no value, and why.")
TimesOption = _part("times", "How long each phase took.")
AllOption = _part("all", "All of these.")


def show(
    run: RunArgument,
    answers: AnswersOption = False,
    claims: ClaimsOption = False,
    contrasts: ContrastsOption = False,
    curves: CurvesOption = False,
    scales: ScalesOption = False,
    positions: PositionsOption = False,
    questions: QuestionsOption = False,
    surrogates: SurrogatesOption = False,
    associations: AssociationsOption = False,
    trainings: TrainingsOption = False,
    matrices: MatricesOption = False,
    bowls: BowlsOption = False,
    alarms: AlarmsOption = False,
    ways: WaysOption = False,
    texts: TextsOption = False,
    refused: RefusedOption = False,
    times: TimesOption = False,
    all: AllOption = False,
    sample: SampleOption = None,
    measure: MeasureOption = None,
    layer: LayerOption = None,
    open: OpenOption = False,
    format: ShowFormatOption = ShowFormat.human,
    table: TableOption = None,
) -> None:
    """Show what a run found, or one of its texts; needs no model.

    Without options, it shows the first screen: a summary, the claims, what separates the texts best, one measure by
    layer.

    \b
    Examples:
      llmgeo show latest
      llmgeo show runs/20261124T083005Z-toy-coherence-a1b2c3 --contrasts --curves
      llmgeo show latest --sample story-1-greedy --measure surprisal
      llmgeo show latest --format json | jq '.claims[] | {sentence, verdict}'
      llmgeo show latest --format csv --table contrasts > contrasts.csv
    """
    from llmgeo import plugins
    from llmgeo import run as runs

    flags = {
        "answers": answers, "claims": claims, "contrasts": contrasts, "curves": curves, "scales": scales,
        "positions": positions, "questions": questions, "surrogates": surrogates, "associations": associations,
        "trainings": trainings, "matrices": matrices, "bowls": bowls, "alarms": alarms, "ways": ways,
        "texts": texts, "refused": refused, "times": times, "all": all,
    }  # fmt: skip
    parts = [name for name, is_wanted in flags.items() if is_wanted]
    values = {"--sample": sample, "--measure": measure, "--layer": layer}
    text_options = [option for option, value in values.items() if value is not None]
    _check_together(parts, text_options, format, table)
    plugins.load()
    opened = runs.open(meant(run))
    if format is ShowFormat.csv:
        write_table(opened, table or "layers")
    elif text_options:
        write_text_of(opened, Format(format), (sample, measure, layer))
    else:
        write_run(opened, Format(format), parts=_parts_of(opened, parts), has_title=True)
    if open:
        open_page_of(opened)


def _check_together(parts: list[str], text_options: list[str], format: ShowFormat, table: str | None) -> None:
    """Raises UsageError for options of which one has nothing to do beside another."""
    from llmgeo.errors import UsageError

    if text_options and format not in (ShowFormat.human, ShowFormat.json):
        raise UsageError(
            f"{text_options[0]} chooses the text to show, and --format {format} shows none; leave one of them out"
        )
    if parts and format is not ShowFormat.human:
        raise UsageError(f"--{parts[0]} is for reading, and --format {format} has all there is; leave one of them out")
    if parts and text_options:
        raise UsageError(f"{text_options[0]} shows one text, and --{parts[0]} something else; leave one of them out")
    if table is not None and format is not ShowFormat.csv:
        raise UsageError(f"--table {table} goes with --format csv; with --format json all the results come at once")


def _parts_of(run: "Run", names: list[str]) -> tuple[str, ...]:
    """The parts that were asked for, of those that the run's experiment has. Raises UsageError for another one."""
    from llmgeo.engine import registry
    from llmgeo.errors import UsageError

    if not names:
        return ()
    experiment = registry.experiment_of(run)
    if "all" in names:
        return experiment.shows
    if missing := [name for name in names if name not in experiment.shows]:
        known = ", ".join(f"--{name}" for name in experiment.shows)
        command = " ".join(experiment.command.split()[:2])
        raise UsageError(f"a run of {command} has nothing to show for --{missing[0]}. It has {known}, --all")
    return tuple(name for name in experiment.shows if name in names)


def open_page_of(run: "Run") -> None:
    """Opens the run's page in a browser. Raises RunError where it was not written."""
    from llmgeo.errors import RunError
    from llmgeo.messages import place
    from llmgeo.report.manifest import PAGE

    page = run.path / PAGE
    if not page.is_file():
        where = place(run.path)
        raise RunError(f"{where} has no page yet. To write it and open it: llmgeo report {where} --open")
    open_page(page)


def write_table(run: "Run", table: str) -> None:
    """Writes one table to stdout as CSV."""
    from llmgeo.run import csv

    write_text(csv.text(run.table(table), escaped=True))


def write_run(run: "Run", format: Format, *, parts: tuple[str, ...] = (), has_title: bool | None = None) -> None:
    """Writes a run to stdout.

    Args:
        parts: these alone; without any, the first screen.
        has_title: whether to begin with the line that says what was run. Left out: where stdout is no terminal, as a
            terminal shows that of the progress.
    """
    from llmgeo.engine import registry
    from llmgeo.report.run_records import as_records

    has_title = not sys.stdout.isatty() if has_title is None else has_title
    write(
        format,
        human=lambda width: registry.experiment_of(run).screen(run, width, parts=parts, has_title=has_title),
        data=lambda: as_records(run),
        path=str(run.path),
    )


def write_text_of(run: "Run", format: Format, wanted: tuple[str | None, str | None, int | None]) -> None:
    """Writes one text of a run to stdout; as JSON, beside everything else. An interrupted run has texts already.

    Args:
        wanted: sample, measure and layer, as `token_text` takes them.
    """
    from rich.console import Group

    from llmgeo.report import screen
    from llmgeo.report.run_records import as_records
    from llmgeo.report.token_text import token_text
    from llmgeo.report.token_text_view import coloured

    has_results = _has_results(run)
    remark = f"This run is {run.status} and has no results yet; llmgeo analyze computes those of what there is."
    shown = token_text(run, *wanted)
    records = {"path": str(run.path), "status": run.status}
    write(
        format,
        human=lambda width: Group(*coloured(shown), *([] if has_results else [screen.text(remark, "yellow")])),
        data=lambda: (as_records(run) if has_results else records) | {"text": asdict(shown)},
        path=str(run.path),
    )


def _has_results(run: "Run") -> bool:
    from llmgeo.run import results

    return all(results.is_computed(run.path, table.name) for table in run.declaration.results)


def write_runs(runs: "Sequence[Run]", format: Format) -> None:
    """Writes several runs, one under the other; as JSON, a list."""
    from rich.console import Group

    from llmgeo.engine import registry
    from llmgeo.report.run_records import as_records

    write(
        format,
        human=lambda width: Group(*(registry.experiment_of(run).screen(run, width) for run in runs)),
        data=lambda: [as_records(run) for run in runs],
        path="\n".join(str(run.path) for run in runs),
    )
