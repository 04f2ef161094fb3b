"""The question of lensing on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from llmgeo.experiments.depth.curves import Entry, line, panel, with_lines
from llmgeo.experiments.depth.lensing.recipe import LensingSection
from llmgeo.experiments.depth.lensing.sentences import DIFFERENCE, KIND_WORDS, headline, kind_rows, widest_layer
from llmgeo.experiments.depth.question import PageSection
from llmgeo.measures.catalogue import look_up
from llmgeo.report import words
from llmgeo.run import Run

COLOURS = {"meaning": "c0", "paraphrase": "c1", "function": "c3", "random": "c6"}
ENDS = ("low", "high")


def section(run: Run, asked: LensingSection) -> PageSection | None:
    """Raises RunError where the results were not computed yet."""
    if run.table("lensing_beside").empty:
        return None
    return PageSection(
        name="lensing",
        title="Lensing",
        template="lensing/section.html.j2",
        script="lensing/section.js",
        parts=("saving", "figures"),
        data={"panels": with_lines(_panels(run.table("lensing")))},
        context={"headline": headline(run), "kinds": [] if widest_layer(run) is None else kind_rows(run)},
    )


def _panels(table: pd.DataFrame) -> Iterator[Entry]:
    if table.empty:
        return
    for measure in ("deflection", "path_distance"):
        of = table[table["measure"] == measure]
        lines = [
            line(said, COLOURS[kind], of[of["kind"] == kind], "value", ENDS, dashed=kind == "random")
            for kind, said in KIND_WORDS.items()
        ]
        yield panel(f"measure-{measure}", words.measure(measure), look_up(measure).meaning, measure, lines, zero=True)
    of = table[(table["measure"] == "deflection") & (table["kind"] == DIFFERENCE)]
    yield panel(
        "lensing-difference",
        "Edit of meaning minus paraphrase",
        "Deflection, sentence by sentence; above 0 an edit of meaning bends the probe's path more.",
        "deflection",
        [line("difference", "c0", of, "value", ENDS)],
        zero=True,
    )
