"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.trace.sentences import factor_rows, headline, phase_rows, run_rows, stress_rows, transition_rows
from llmgeo.experiments.trace.summary import summarize
from llmgeo.report import words
from llmgeo.report.page.content import FIGURES, Page, room_page
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
    return room_page(
        run,
        summary,
        __package__,
        data={"trace": _data(run)},
        parts=FIGURES,
        notices=(*summary.notices, *summary.faults),
        more_scripts=("map.js", "matrix.js", "curves.js"),
        context={
            "headline": headline(run),
            "runs": run_rows(run) if has_results else [],
            "stress": stress_rows(run) if has_results else [],
            "factors": factor_rows(run),
            "transitions": transition_rows(run),
            "phases": phase_rows(run),
        },
    )


def _data(run: Run) -> dict[str, Any]:
    """Every run's checkpoints, the straight ways beside them, geometry by step, and what the runs differ in."""
    along, null = run.table("along"), run.table("null_map")
    straight = null.set_index("checkpoint") if len(null) else None
    known = pieces.joined(run.pieces("checkpoints")) if len(along) else along
    geometry = pieces.joined(run.pieces("geometry")) if len(along) else pd.DataFrame()
    runs = []
    for place, (name, table) in enumerate(along.groupby("run", sort=False)):
        table = table.sort_values("step")
        checkpoints = table["checkpoint"].tolist()
        entry: dict[str, Any] = {
            "run": literal(str(name)),
            "colour": f"c{place % COLOURS}",
            "step": [int(step) for step in table["step"]],
        }
        columns = ("progress", "off", "loss", "displacement", "axis_1", "axis_2", "axis_3")
        entry |= {column: [number(each) for each in table[column]] for column in columns}
        of_run = known.set_index("checkpoint").loc[checkpoints]
        for column in ("learning_rate", "tokens"):
            entry[column] = [number(each) for each in of_run[column].to_numpy(float, na_value=np.nan)]
        reasons = [status for status in of_run["tokens_status"] if status != "ok"]
        entry["no_tokens"] = words.reason(reasons[0]) if reasons else None
        if straight is not None:
            entry["straight"] = [[number(each) for each in straight.loc[checkpoints, axis]] for axis in columns[-3:]]
        entry["geometry"] = _geometry(geometry, checkpoints)
        runs.append(entry)
    return {"runs": runs, "factors": _factors(run, along), "distances": _distances(run, along)}


def _factors(run: Run, along: pd.DataFrame) -> list[dict[str, Any]]:
    """What runs differ in: the value of each run and its colour."""
    names = list(dict.fromkeys(along["run"]))
    found = []
    for factor, values in run.manifest.get("factors", {}).items():
        order = {value: place for place, value in enumerate(dict.fromkeys(values[name] for name in names))}
        if len(order) < 2:
            continue
        found.append(
            {
                "name": literal(factor),
                "values": [literal(values[name]) for name in names],
                "colours": [f"c{order[values[name]] % COLOURS}" for name in names],
            }
        )
    return found


def _distances(run: Run, along: pd.DataFrame) -> dict[str, Any] | None:
    """The matrix of distances, where it is small enough to be looked at: names, and rows as numbers."""
    pairs, names = run.table("distances"), along["checkpoint"].tolist()
    of = pd.factorize(along["run"])[0]
    if not 1 < len(names) <= MOST_DRAWN or pairs.empty:
        return None
    wide = pairs.pivot(index="a", columns="b", values="distance").reindex(index=names, columns=names).to_numpy(float)
    whole = np.nan_to_num(wide) + np.nan_to_num(wide).T
    return {
        "names": [literal(name) for name in names],
        "runs": of.tolist(),
        "rows": [[number(each) for each in row] for row in whole],
    }


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
