"""What the page draws of the texts' paths: from the hidden states where a run saved them, else from its sketches.

Knows the run's tables and arrays; how points come into the plane is `report.page.trajectories`. torch is loaded only
where there is a path to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from llmgeo.errors import CorruptRunError
from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.sketches import KEPT_LAYERS, SKETCH_AXES, SKETCHES
from llmgeo.messages import place, plain
from llmgeo.report.page import provenance
from llmgeo.report.page.content import Options
from llmgeo.run import Run, pieces

if TYPE_CHECKING:
    from llmgeo.report.page.trajectories import MeasuredWindow, Sketches

Arrays = Mapping[str, np.ndarray]


def trajectory(run: Run, chosen: Sequence[str], layers: Sequence[int], options: Options) -> dict[str, object]:
    """The paths of the chosen texts, or why there are none.

    Raises:
        CorruptRunError: the states or the sketches are damaged.
    """
    command = provenance.command(run, "--save-states") or ""
    kept_layers = _kept_layers(run)
    if _with_part(run, "states"):
        rows, said = _rows(run, chosen, _with_part(run, "states")), ""
    elif kept_layers and _with_part(run, SKETCHES.name):
        rows = _rows(run, chosen, _with_part(run, SKETCHES.name))
        said = sentences.sketched(kept_layers)
    else:
        rows, said = pd.DataFrame(), ""
    if rows.empty:
        return {"missing": sentences.NO_STATES, "command": command}
    from llmgeo.report.page import trajectories  # torch, which a page without paths needs not

    windows = [
        trajectories.MeasuredWindow(str(row["sample"]), int(row["window_start"]), int(row["window_stop"]))
        for row in _pairs_first(rows).to_dict("records")
    ]
    if said:
        windows, source = _sketches(run, windows, kept_layers)
        if not windows:
            return {"missing": sentences.NO_STATES, "command": command}
    else:
        source = trajectories.FullStates(run, layers)
    drawn = trajectories.project(
        source,
        windows,
        budget=options.trajectory_bytes,
        umap_layers=options.umap_layers,
        umap_points=options.umap_points,
    )
    return drawn | {"said": said, "command": command if said else ""}


def _with_part(run: Run, name: str) -> set[str]:
    """The samples of the units that have an array."""
    return {sample for unit in run.units if unit.part(name) for sample in unit.samples}


def _rows(run: Run, samples: Sequence[str], among: set[str]) -> pd.DataFrame:
    columns = ("sample", "prompt", "window_start", "window_stop")
    return pieces.joined(run.pieces("samples", columns, [sample for sample in samples if sample in among]))


def _kept_layers(run: Run) -> tuple[int, ...]:
    """As the manifest has it; nothing where it is of a run without sketches."""
    layers = run.manifest.get(KEPT_LAYERS)
    is_list = isinstance(layers, list) and all(type(layer) is int for layer in layers)
    return tuple(layers) if is_list else ()


def _sketches(
    run: Run, windows: Sequence[MeasuredWindow], layers: tuple[int, ...]
) -> tuple[list[MeasuredWindow], Sketches]:
    """The windows that are sketched, and their sketches."""
    from llmgeo.report.page.trajectories import Sketches

    points, of_units = run.arrays(SKETCHES.name), run.arrays(SKETCH_AXES.name)
    unit_of = {sample: unit.name for unit in run.units for sample in unit.samples}
    held = [window for window in windows if window.sample in points]
    axes = {window.sample: of_units.get(unit_of[window.sample], np.empty(0)) for window in held}
    sides = {array.shape[2:] for array in axes.values()}
    for window in held:
        _check(run, window, points[window.sample], axes[window.sample], layers)
    if len(sides) > 1:
        raise CorruptRunError(f"the units of {place(run.path)} have sketches in different directions")
    return held, Sketches(points, axes, layers)


def _check(run: Run, window: MeasuredWindow, points: np.ndarray, axes: np.ndarray, layers: tuple[int, ...]) -> None:
    """Raises CorruptRunError for what is no sketch of this text at these layers: anyone may have written it."""
    is_one = (
        points.ndim == axes.ndim == 3
        and points.shape[:2] == (len(layers), len(window))
        and axes.shape[:2] == (len(layers), points.shape[-1])
        and np.isfinite(points).all()
        and np.isfinite(axes).all()
    )
    if not is_one:
        raise CorruptRunError(
            f"the sketch of {plain(window.sample)[:80]} in {place(run.path)} does not fit its text and layers"
        )


def _pairs_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Prompt by prompt, so that a selection of the first texts holds whole prompts."""
    order = {prompt: at for at, prompt in enumerate(dict.fromkeys(rows["prompt"]))}
    return rows.assign(order=rows["prompt"].map(order)).sort_values("order", kind="stable")
