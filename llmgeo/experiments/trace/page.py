"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.trace.sentences import factor_rows, headline, run_rows, stress_rows, transition_rows
from llmgeo.experiments.trace.summary import summarize
from llmgeo.report import words
from llmgeo.report.page import provenance
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import KIT_PARTS, Page
from llmgeo.report.page.packing import number
from llmgeo.run import Run, pieces

COLOURS = 8
"""Line colours of the kit."""

MOST_DRAWN = 100
"""Checkpoints whose matrix of distances is drawn."""


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    summary = summarize(run)
    has_results = len(run.table("along")) > 0
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        notices=(*summary.notices, *summary.faults),
        remarks=summary.remarks[summary.status != "complete" :],
        seconds=run.seconds,
        data={
            "claims": [claim_entry(claim) for claim in summary.claims],
            "conditions": [],
            "curves": [],
            "trace": _data(run),
            "reasons": {status: words.reason(status) for status in words.REASONS},
        },
        recipe=provenance.recipe_of(run),
        package=__package__,
        template="page.html.j2",
        script="page.js",
        parts=tuple(dict.fromkeys([*KIT_PARTS, "saving", "figures"])),
        context={
            "headline": headline(run),
            "runs": run_rows(run) if has_results else [],
            "stress": stress_rows(run) if has_results else [],
            "factors": factor_rows(run),
            "transitions": transition_rows(run),
        },
    )


def _data(run: Run) -> dict[str, Any]:
    """Every run's checkpoints, the straight ways beside them, and geometry by step and layer."""
    along, null = (
        run.table("along"),
        run.table("null_map").set_index("checkpoint") if len(run.table("null_map")) else None,
    )
    geometry = pieces.joined(run.pieces("geometry"))
    runs = []
    for place, (name, table) in enumerate(along.groupby("run", sort=False)):
        table = table.sort_values("step")
        columns = ("progress", "off", "loss", "displacement", "axis_1", "axis_2", "axis_3")
        entry: dict[str, Any] = {
            "run": literal(str(name)),
            "colour": f"c{place % COLOURS}",
            "step": [int(step) for step in table["step"]],
        }
        entry |= {column: [number(each) for each in table[column]] for column in columns}
        if null is not None:
            straight = null.loc[table["checkpoint"]]
            entry["straight"] = [[number(each) for each in straight[f"axis_{axis}"]] for axis in (1, 2, 3)]
        entry["geometry"] = _geometry(geometry, table["checkpoint"].tolist())
        runs.append(entry)
    return {"runs": runs, "distances": _distances(run, along)}


def _distances(run: Run, along: pd.DataFrame) -> dict[str, Any] | None:
    """The matrix of distances, where it is small enough to be looked at: names, and rows as numbers."""
    pairs, names = run.table("distances"), along["checkpoint"].tolist()
    if not 1 < len(names) <= MOST_DRAWN or pairs.empty:
        return None
    wide = pairs.pivot(index="a", columns="b", values="distance").reindex(index=names, columns=names).to_numpy(float)
    whole = np.nan_to_num(wide) + np.nan_to_num(wide).T
    return {"names": [literal(name) for name in names], "rows": [[number(each) for each in row] for row in whole]}


def _geometry(geometry: pd.DataFrame, checkpoints: list[str]) -> dict[str, Any]:
    """By measure: layers, and the values [layers, checkpoints]."""
    found = {}
    if len(geometry):
        geometry = geometry[geometry["layer"].notna()]
    of_run = geometry[geometry["checkpoint"].isin(checkpoints)] if len(geometry) else geometry
    for measure, table in of_run.groupby("measure", sort=False) if len(of_run) else ():
        wide = table.pivot(index="layer", columns="checkpoint", values="value").reindex(columns=checkpoints)
        found[str(measure)] = {
            "words": words.measure(str(measure)),
            "layers": [int(layer) for layer in wide.index],
            "values": [[number(each) for each in row] for row in wide.to_numpy(float)],
        }
    return found
