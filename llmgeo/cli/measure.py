"""`llmgeo measure`: states that lie on disk already, measured as they are. Loads no model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.help import HOW_MUCH, OUTPUT, WHAT
from llmgeo.cli.options import Format, LayersOption, path
from llmgeo.cli.output import write, write_text
from llmgeo.cli.show import ShowFormat

if TYPE_CHECKING:
    import pandas as pd

    from llmgeo.states_file import StatesFile

FIGURES = (".svg", ".pdf", ".png")

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Points [N, D], or [L, N, D] for one cloud a layer: .npy, .npz or .safetensors.",
        show_default=False,
        parser=path,
    ),
]
TensorOption = Annotated[
    str | None,
    typer.Option(
        "--tensor",
        metavar="NAME",
        help="Which array of a file with several.",
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
    layers: LayersOption = None,
    measure: MeasuresOption = None,
    points: PointsOption = None,
    seed: NullSeedOption = 0,
    figure: FigureOption = None,
    format: TableFormatOption = ShowFormat.human,
) -> None:
    """Measure states on disk: each dimension beside its null.

    \b
    Examples:
      llmgeo measure states.npy
      llmgeo measure states.safetensors --tensor layer_15 --format json
      llmgeo measure states.npy --layers 15 --measure two_nn --measure 'gride(n1=4)'
      llmgeo measure states.npy --points 2000 --figure dimension.svg
    """
    from llmgeo import plugins
    from llmgeo.errors import MeasureError, UsageError
    from llmgeo.measures.clouds.table import measures_of_clouds, table
    from llmgeo.states_file import read_states

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
