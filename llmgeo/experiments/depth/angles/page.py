"""The question of angles on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.depth.angles.panels import panels
from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.angles.sentences import (
    FRAME_WORDS,
    GROUP_WORDS,
    NULL_MEASURES,
    NULL_WORDS,
    headline,
    null_cells,
)
from llmgeo.experiments.depth.question import PageSection
from llmgeo.report import words
from llmgeo.report.page.content import Options
from llmgeo.report.page.packing import float16, largest
from llmgeo.report.records import rows
from llmgeo.report.token_text import token
from llmgeo.run import Run, pieces

ANGLE = "depth_turning_angle"


def section(run: Run, asked: AnglesSection, options: Options) -> PageSection | None:
    """Raises RunError where the results were not computed yet."""
    layers, nulls = run.table("path_layers"), run.table("nulls")
    if layers.empty:
        return None
    frame = asked.frames[0]
    return PageSection(
        name="angles",
        title="How paths turn",
        template="angles/section.html.j2",
        script="angles/section.js",
        parts=("saving", "figures"),
        data={"panels": panels(layers, nulls, frame)} | _texts(run, options),
        context={
            "headline": headline(run),
            "nulls": [
                {"null": name, "words": said, "cells": cells}
                for name, said in (("", "observed"), *NULL_WORDS.items())
                if (cells := null_cells(nulls, name))
            ],
            "measures": [words.measure(name) for name in NULL_MEASURES],
            "groups": _groups(layers, frame),
            "frames": _frames(layers),
        },
    )


def _groups(layers: pd.DataFrame, frame: str) -> list[dict[str, object]]:
    """The turning angle by class of tokens and third of the window, averaged over the layers."""
    chosen = layers[(layers["measure"] == ANGLE) & (layers["frame"] == frame)]
    means = chosen.groupby("tokens", sort=False)[["samples", "value", "null", "excess"]].mean()
    return [{**row, "tokens": GROUP_WORDS.get(name, name)} for name, row in _with_names(means)]


def _frames(layers: pd.DataFrame) -> list[dict[str, object]]:
    """The measures of claims in each frame, averaged over the layers."""
    chosen = layers[layers["measure"].isin(NULL_MEASURES) & (layers["tokens"] == "all")]
    means = chosen.groupby(["frame", "measure"], sort=False)[["value", "null", "excess"]].mean()
    return [{**row, "frame": FRAME_WORDS[frame], "measure": measure} for (frame, measure), row in _with_names(means)]


def _with_names(means: pd.DataFrame) -> list[tuple[object, Mapping[str, object]]]:
    return list(zip(means.index, rows(means.reset_index(drop=True)), strict=True))


def _texts(run: Run, options: Options) -> dict[str, object]:
    """The angles of each token at each layer, and the paths in the plane, of as many texts as the page may hold."""
    plane = run.arrays("plane")
    samples = pieces.joined(run.pieces("samples", ["sample", "tokens", "window_start", "window_stop"]))
    samples = samples.dropna(subset=["window_start"]).drop_duplicates("sample").set_index("sample")
    names = [str(name) for name in samples.index if name in plane]
    bytes_each = 4 * sum(plane[name].size for name in names[:1]) + 1
    names = names[: max(1, options.trajectory_bytes // bytes_each)]
    angles = pieces.joined(run.pieces("tokens", ["sample", "layer", "token", "axis", ANGLE], samples=names))
    angles = angles[angles["axis"] == "depth"].dropna(subset=[ANGLE])
    reach = largest(np.concatenate([plane[name].ravel() for name in names])) if names else 1.0
    texts = []
    for name in names:
        row = samples.loc[name]
        window = slice(int(row["window_start"]), int(row["window_stop"]))
        grid = angles[angles["sample"] == name].pivot(index="layer", columns="token", values=ANGLE)
        texts.append(
            {
                "sample": literal(name),
                "tokens": [token(each) for each in list(row["tokens"])[window]],
                "first": window.start,
                "layers": [int(layer) for layer in grid.index],
                "angles": float16(grid.to_numpy(dtype=float)),
                "plane": float16(np.asarray(plane[name], dtype=float), reach),
            }
        )
    return {"texts": texts, "reach": reach, "left_out": len(samples) - len(texts)}
