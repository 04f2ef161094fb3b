"""`llmgeo measure`: states that lie on disk already, measured as they are. Loads no model."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.help import HOW_MUCH, OUTPUT, WHAT
from llmgeo.cli.latest import LATEST, meant
from llmgeo.cli.options import Format, LayersOption, path
from llmgeo.cli.output import write, write_text
from llmgeo.cli.show import ShowFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from llmgeo.states_file import StatesFile

FIGURES = (".svg", ".pdf", ".png")

LONG = 15
"""Seconds after which whoever waits is told for how long."""

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Points [N, D], [L, N, D] for one cloud a layer, or a series [N]: .npy, .npz or .safetensors; or a "
        "trainer_state.json, whose loss is a series; or a run, of whose texts each is one.",
        show_default=False,
        parser=path,
    ),
]
TensorOption = Annotated[
    str | None,
    typer.Option(
        "--tensor",
        metavar="NAME",
        help="Which array of a file with several; of a trainer_state.json, which number of its log (left out: "
        "loss); of a run, surprisal (left out), entropy, or a measure of tokens such as step_length, with --layers N.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
TextOption = Annotated[
    str | None,
    typer.Option(
        "--sample",
        metavar="NAME",
        help="Which text of a run; llmgeo show RUN --texts lists their names.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
MeasuresOption = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAME",
        help="This measure, such as two_nn or 'gride(n1=4)'; can be given several times. Left out: all of clouds.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
NullSeedOption = Annotated[
    int,
    typer.Option(
        "--seed", metavar="N", min=0, max=2**63 - 1, help="Of the null and of --points.", rich_help_panel=WHAT
    ),
]
PointsOption = Annotated[
    int | None,
    typer.Option(
        "--points",
        metavar="N",
        min=1,
        help="Only N points of each cloud, drawn at random, the same of every layer. Left out: all.",
        show_default=False,
        rich_help_panel=HOW_MUCH,
    ),
]
FigureOption = Annotated[
    Path | None,
    typer.Option(
        "--figure",
        metavar="FILE",
        help="Draw the dimension, by scale or by layer: .svg, .pdf or .png.",
        show_default=False,
        parser=path,
        rich_help_panel=OUTPUT,
    ),
]
TableFormatOption = Annotated[
    ShowFormat,
    typer.Option(
        "--format",
        help="human: for reading. json, csv: every number, for programs. quiet: only the figure's path.",
        rich_help_panel=OUTPUT,
    ),
]


def measure(
    file: FileArgument,
    tensor: TensorOption = None,
    sample: TextOption = None,
    layers: LayersOption = None,
    measure: MeasuresOption = None,
    points: PointsOption = None,
    seed: NullSeedOption = 0,
    figure: FigureOption = None,
    format: TableFormatOption = ShowFormat.human,
) -> None:
    """Measure states or a series on disk, beside nulls.

    Of points, every dimension beside that of a Gaussian cloud. Of a series (losses of a training, surprisals of a
    text), whether it is multifractal beyond its values and its spectrum.

    \b
    Examples:
      llmgeo measure states.npy
      llmgeo measure states.safetensors --tensor layer_15 --format json
      llmgeo measure states.npy --layers 15 --measure two_nn --measure 'gride(n1=4)'
      llmgeo measure states.npy --points 2000 --figure dimension.svg
      llmgeo measure output/checkpoint-500/trainer_state.json
      llmgeo measure latest --sample story-1-nucleus
    """
    from llmgeo import plugins
    from llmgeo.errors import MeasureError, UsageError
    from llmgeo.measures.clouds.table import measures_of_clouds, table
    from llmgeo.messages import option, place
    from llmgeo.series_file import is_series
    from llmgeo.states_file import read_states

    of_points = {"measure": measure, "points": points, "figure": figure}
    if _is_run(file):
        return _measure_text(file, (tensor, sample, layers), seed, format, of_points)
    if sample is not None:
        raise UsageError(f"{option('sample', sample)} names a text of a run, and {place(file)} is none; leave it out.")
    if is_series(file, tensor):
        return _measure_file(file, tensor, seed, format, {"layers": layers, **of_points})
    _check_figure(figure)
    plugins.load()
    try:
        wanted = measures_of_clouds(measure or None)  # a misspelt name is told before a large file is read
    except MeasureError as error:
        raise UsageError(str(error)) from None
    read = read_states(file, tensor)
    chosen, numbers = read.layers(layers)
    if figure is not None and (numbers is None or len(numbers) == 1):
        _check_scales([known.label for known in wanted], figure)
    chosen.check_finite(numbers)
    found = table(chosen.some_points(points, seed).states, measure or None, seed)
    if numbers is not None:
        found = _numbered(found, numbers)
    if figure is not None:
        _draw(found, figure)
    if format is ShowFormat.csv:
        from llmgeo.run import csv

        write_text(csv.text(found.reset_index(), escaped=True))
        return
    write(
        Format(format),
        human=lambda width: _screen(found, chosen, points, width),
        data=lambda: {"file": str(file), "tensor": read.tensor, "shape": list(read.states.shape), **_records(found)},
        path="" if figure is None else str(figure),
    )


def _is_run(file: Path) -> bool:
    from llmgeo.run.layout import MANIFEST

    return (file / MANIFEST).is_file() or (file.name == LATEST and not file.is_file())


def _measure_text(
    folder: Path,
    named: tuple[str | None, str | None, str | None],
    seed: int,
    format: ShowFormat,
    of_points: "Mapping[str, object]",
) -> None:
    """Writes whether a series of a run's text is multifractal.

    Args:
        named: which series, which text, which layer.
    """
    from llmgeo import run as runs
    from llmgeo.errors import UsageError
    from llmgeo.messages import option
    from llmgeo.run.series import text_series

    name, sample, layers = named
    if layers is not None and not (layers.isascii() and layers.isdigit()):
        raise UsageError(f"{option('layers', layers)}: a series is of one layer; name one, such as --layers 15.")
    folder = meant(folder)
    _check_series_options(folder, "a run", format, of_points)
    series = text_series(runs.open(folder), name, sample, None if layers is None else int(layers))
    data = {"run": str(folder), "sample": series.sample, "name": series.name, "layer": series.layer}
    _write_series(series.values, series.words(), data, seed, format)


def _measure_file(
    file: Path, name: str | None, seed: int, format: ShowFormat, of_points: "Mapping[str, object]"
) -> None:
    """Writes whether a series of a file is multifractal."""
    from llmgeo.series_file import read_series

    _check_series_options(file, "a series", format, of_points)
    series = read_series(file, name)
    _write_series(series.values, series.words(), {"file": str(file), "name": series.name}, seed, format)


def _check_series_options(path: Path, what: str, format: ShowFormat, of_points: "Mapping[str, object]") -> None:
    """Raises UsageError for an option that is of points alone."""
    from llmgeo.errors import UsageError
    from llmgeo.messages import place

    if given := [f"--{option}" for option, value in of_points.items() if value is not None]:
        raise UsageError(f"{given[0]} is of points, and {place(path)} is {what}; leave it out.")
    if format is ShowFormat.csv:
        raise UsageError("--format csv is of tables of points; for a series: --format json.")


def _write_series(
    values: "np.ndarray", title: str, about: "Mapping[str, object]", seed: int, format: ShowFormat
) -> None:
    from llmgeo.report.series_view import series_data, series_view
    from llmgeo.report.words import duration
    from llmgeo.statistics import multifractal
    from llmgeo.statistics.multifractality import seconds_needed

    seconds = seconds_needed(values)
    if seconds > LONG:
        sys.stderr.write(
            f"{len(values):,} values, their surrogates, and those of ten cascades as long, which say what a no is "
            f"worth: about {duration(seconds)} here\n"
        )
    found = multifractal(values, seed=seed)
    write(
        Format(format),
        human=lambda width: series_view(found, title),
        data=lambda: {**about, "values": len(values), **series_data(found)},
        path="",
    )


def _numbered(found: "pd.DataFrame", numbers: tuple[int, ...]) -> "pd.DataFrame":
    """The table with the layers' own numbers; of one layer, without."""
    if len(numbers) == 1:
        return found.droplevel("layer")
    return found.rename(index=dict(enumerate(numbers)), level="layer")


def _screen(found: "pd.DataFrame", chosen: "StatesFile", points: int | None, width: int) -> object:
    from llmgeo.report.states_view import states_view

    return states_view(found, chosen.words(points), width)


def _records(found: "pd.DataFrame") -> dict[str, list]:
    rows = found.reset_index().to_dict("records")
    return {"measures": [{name: None if value != value else value for name, value in row.items()} for row in rows]}


def _check_figure(figure: Path | None) -> None:
    """Raises UsageError for a picture that could not be written, before any work."""
    from llmgeo.errors import UsageError
    from llmgeo.extras import needed
    from llmgeo.messages import place

    if figure is None:
        return
    if figure.suffix.lower() not in FIGURES:
        raise UsageError(f"--figure {place(figure)}: a picture's name ends in {', '.join(FIGURES)}.")
    if not figure.resolve().parent.is_dir():
        raise UsageError(f"--figure {place(figure)}: there is no folder {place(figure.resolve().parent)}.")
    needed("matplotlib", "A figure")


def _check_scales(labels: list[str], figure: Path) -> None:
    """Raises UsageError for a figure of one cloud without the dimension, whose scales it draws, before any work."""
    from llmgeo.errors import UsageError
    from llmgeo.measures.catalogue import DIMENSION
    from llmgeo.messages import place

    if DIMENSION not in labels:
        raise UsageError(
            f"--figure {place(figure)}: of one cloud the dimension is drawn by scale. Add --measure {DIMENSION}, or "
            "leave --figure out."
        )


def _draw(found: "pd.DataFrame", figure: Path) -> None:
    from llmgeo import plots

    plots.states(found).figure.savefig(figure)
