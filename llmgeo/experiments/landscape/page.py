"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from typing import Any

import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.landscape.sentences import (
    SUBJECT_WORDS,
    barrier_rows,
    bowl_rows,
    check_rows,
    headline,
    path_rows,
    spectrum_rows,
)
from llmgeo.experiments.landscape.summary import summarize
from llmgeo.report.page.content import FIGURES, Page, room_page
from llmgeo.report.page.packing import number
from llmgeo.run import Run, pieces

COLOURS = {"model": "c0", "other": "c2", "random": "c6"}
"""Line colours of the kit, by whose loss it is."""


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    return room_page(
        run,
        summarize(run),
        __package__,
        data={"landscape": _data(run)},
        parts=FIGURES,
        context={
            "headline": headline(run),
            "has_plane": not run.table("planes").empty,
            "tables": [
                ("At the weights", bowl_rows(run), BOWL_NOTE),
                ("The way to the other model", barrier_rows(run), BARRIER_NOTE),
                ("The plane of the training", path_rows(run), PATH_NOTE),
                ("Second derivatives", spectrum_rows(run), SPECTRUM_NOTE),
                ("Derivatives and differences", check_rows(run), CHECK_NOTE),
            ],
        },
    )


BOWL_NOTE = (
    "Slope and curvature per unit α, the share of each filter's length, from central differences: means over random "
    "directions and texts, with 95 % intervals over both; curvature of most texts: without the fifth of them at either "
    "end, as one text on a cliff can outweigh all others (claims on curvature are about this one); the lowest and the "
    "highest direction. Weaker skips: the same model, what passes each block multiplied. Same step: filters not "
    "normalised. Random weights: the same network before any training."
)
BARRIER_NOTE = (
    "The largest rise of the loss above the straight line between both models' losses, with its interval over texts."
)
PATH_NOTE = (
    "Share of the squared distances of all checkpoints from the model that two axes hold, beside random walks with the "
    "same steps."
)
SPECTRUM_NOTE = (
    "Eigenvalues of the Hessian of a block of weights, at both ends, and its trace with its standard error over random "
    "vectors; ± is the residual of one whose search had not ended. On the first texts alone."
)
CHECK_NOTE = (
    "Slope and curvature along each direction on the first texts, by derivatives and by differences of the loss."
)


def _data(run: Run) -> dict[str, Any]:
    """Lines, planes, the way, the training's checkpoints and spectra."""
    return {
        "lines": _lines(run.table("lines")),
        "planes": {part: plane for part in ("plane", "path") if (plane := _plane(run.table("planes"), part))},
        "way": _columns(run.table("way")),
        "path": _path(pieces.joined(run.pieces("checkpoints"))),
        "spectra": _spectra(pieces.joined(run.pieces("spectrum"))),
    }


def _columns(table: pd.DataFrame) -> dict[str, list] | None:
    return None if table.empty else {name: [number(each) for each in table[name]] for name in table.columns}


def _lines(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"subject": subject, "words": SUBJECT_WORDS[str(subject)], "direction": int(direction),
         "colour": COLOURS[str(subject)]}
        | {name: [number(each) for each in of[name]] for name in ("alpha", "loss", "low", "high")}
        for (subject, direction), of in table.groupby(["subject", "direction"], sort=False)
    ]  # fmt: skip


def _plane(table: pd.DataFrame, part: str) -> dict[str, Any] | None:
    """Coordinates along both axes, and the loss as rows of the second by columns of the first."""
    own = table[table["part"] == part]
    if own.empty:
        return None
    wide = own.pivot(index="beta", columns="alpha", values="loss")
    return {
        "alpha": [number(each) for each in wide.columns], "beta": [number(each) for each in wide.index],
        "loss": [[number(each) for each in row] for row in wide.to_numpy(float)],
    }  # fmt: skip


def _path(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"checkpoint": literal(str(row["checkpoint"])), "step": int(row["step"]), "loss": number(row["loss"]),
         "axis_1": number(row["axis_1"]), "axis_2": number(row["axis_2"])}
        for row in (table.sort_values("step").to_dict("records") if len(table) else ())
    ]  # fmt: skip


def _spectra(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"block": literal(str(block)), "values": [number(each) for each in of.sort_values("rank")["value"]]}
        for block, of in (table.groupby("block", sort=False) if len(table) else ())
    ]
