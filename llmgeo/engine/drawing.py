"""Writes a run's page at the end of its work. Knows the page's maker; no experiment, no torch."""

from __future__ import annotations

from llmgeo.engine.progress import SILENT, Progress
from llmgeo.run.reader import Run


def draw(run: Run, progress: Progress = SILENT) -> None:
    """Writes the run's page. Maps of neighbours, which take minutes, are left to `llmgeo report`."""
    from llmgeo.report.page import Options, write_page

    progress.phase("drawing", 1, "page")
    write_page(run, options=Options(umap_layers=0))
