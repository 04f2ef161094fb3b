"""The question of lines of thought on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from llmgeo.experiments.depth.lines.recipe import LinesSection
from llmgeo.experiments.depth.lines.sentences import headline, law_sentence, map_rows, refusal, truncation_rows
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def lines(run: Run, section: LinesSection, width: int) -> Iterator[RenderableType]:
    """Truncation beside other texts; then maps between layers."""
    if run.table("truncation").empty:
        return
    yield heading("Dimensions that the output needs", "the last state keeps few components after every block")
    if said := headline(run) or refusal(run):
        yield indented(text(said))
    if not refusal(run):
        names = ("dimensions kept", "KL(truncated ‖ whole)", "of other texts'", "same first choice")
        yield grid([names, *truncation_rows(run)])
    yield heading("Maps between layers", "what they leave of other texts' states at the median layer")
    if said := law_sentence(run):
        yield indented(text(said))
    yield grid(map_rows(run))
