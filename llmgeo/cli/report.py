"""`llmgeo report`: a finished run as one HTML page. Loads no model."""

from pathlib import Path
from typing import Annotated

import typer

from llmgeo.cli.help import HOW_MUCH, OUTPUT
from llmgeo.cli.latest import meant
from llmgeo.cli.opening import open_page
from llmgeo.cli.options import Format, FormatOption, OpenOption, RunArgument, path
from llmgeo.cli.output import write
from llmgeo.messages import from_here

PageOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Where to write the page. Left out: report.html in the run.",
        show_default=False,
        rich_help_panel=OUTPUT,
        parser=path,
    ),
]
UmapOption = Annotated[
    bool,
    typer.Option(
        "--umap/--no-umap",
        help="Also draw a map of neighbours, if states were kept. It takes a minute.",
        rich_help_panel=HOW_MUCH,
    ),
]


def report(
    run: RunArgument,
    out: PageOption = None,
    umap: UmapOption = True,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> None:
    """Write a run as a single HTML page, to read and to share.

    \b
    Examples:
      llmgeo report runs/20261124T083005Z-toy-coherence-a1b2c3
      llmgeo report runs/... --out page.html --no-umap
    """
    from llmgeo import plugins
    from llmgeo import run as runs
    from llmgeo.report import words
    from llmgeo.report.page import Options, write_page
    from llmgeo.report.screen import text

    plugins.load()
    page = from_here(write_page(runs.open(meant(run)), out, Options() if umap else Options(umap_layers=0)))
    size = page.stat().st_size
    write(
        format,
        human=lambda width: text(f"page: {page} ({words.size(size)})"),
        data=lambda: {"path": str(page), "bytes": size},
        path=str(page),
    )
    if open:
        open_page(page)
