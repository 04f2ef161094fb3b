"""Measures a run once more, on another window or with other measures, as far as its parts allow. Runs no model.

A measure of each token that depends on the token's neighbours alone is averaged again. Everything else (clouds, whole
paths, the bar of a jump, nulls) needs all the window's states: where the run kept them, they are measured as they were
the first time; where it did not, the estimate says `needs_states` instead of a number. Knows a run's tables and how a
window is measured; makes no contrast.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.tables import SAMPLES_OF_PROBE
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import NEEDS_STATES, OK, UNDEFINED
from llmgeo.run import parquet
from llmgeo.run.declaration import ESTIMATES, Table
from llmgeo.run.reader import Run
from llmgeo.texts.facts import text_facts


class Measurements(NamedTuple):
    """What results are computed from: the columns of the run's tables of samples and estimates."""

    samples: pd.DataFrame
    estimates: pd.DataFrame


def keeps_states(run: Run) -> bool:
    """Whether the run has the hidden states of its texts."""
    return any(unit.part("states") is not None for unit in run.units)


def measure_other_window(run: Run, recipe: Recipe, dtype: str) -> Measurements:
    """What measuring on a recipe's window gives: from states, where the run kept them, else from its tokens.

    Args:
        recipe: one whose window lies within what was captured.
        dtype: the number format the model computed in.

    Raises:
        CorruptRunError: a part is damaged.
    """
    with_states = keeps_states(run)
    samples = _samples(run.samples, recipe, with_states, run.label_rule)
    windowed = samples[samples["window_start"].notna()]
    rows = list(_from_states(run, windowed, recipe, dtype) if with_states else _from_tokens(run, windowed, recipe))
    return Measurements(_as_read(SAMPLES_OF_PROBE, samples), _as_read(ESTIMATES, rows))


def _samples(samples: pd.DataFrame, recipe: Recipe, with_states: bool, rule: int) -> pd.DataFrame:
    """The samples with the window asked for, and label and baselines on it.

    Without states, a text that did not fill the run's own window has nothing measured, and stays without a window.
    """
    rows = samples.to_dict("records")
    for row in rows:
        start = row["prompt_length"] + recipe.window.skip
        stop = start + recipe.window.tokens
        is_measured = pd.isna(row["error"]) and (with_states or not pd.isna(row["window_start"]))
        fits = is_measured and stop <= len(row["token_ids"])
        row["window_start"], row["window_stop"] = (start, stop) if fits else (None, None)
        tokens_measured = slice(start, stop) if fits else slice(row["prompt_length"], len(row["token_ids"]))
        columns = (row[name][tokens_measured] for name in ("token_ids", "tokens", "token_entropy", "token_surprisal"))
        row |= text_facts(*columns, recipe.window.tokens, rule)
    return pd.DataFrame(rows, columns=samples.columns)


def _from_states(run: Run, samples: pd.DataFrame, recipe: Recipe, dtype: str) -> Iterator[dict[str, Any]]:
    from llmgeo.engine.parallel import in_parallel
    from llmgeo.measuring import measure_states  # these two need torch; averaging does not

    def measure_sample(row: dict[str, Any]) -> list[dict[str, Any]]:
        start, stop = int(row["window_start"]), int(row["window_stop"])
        states = run.states(row["sample"])[:, start:stop]
        measurement = measure_states(
            states, start, recipe.measures.geometric, dtype, int(row["seed"]), run.layers_kept or ()
        )
        return [{"sample": row["sample"], **estimate} for estimate in measurement.estimates]

    for estimates in in_parallel(measure_sample, samples.to_dict("records")):
        yield from estimates


def _from_tokens(run: Run, samples: pd.DataFrame, recipe: Recipe) -> Iterator[dict[str, Any]]:
    tokens = run.tokens[run.tokens["axis"] == "token"]
    layers = sorted(int(layer) for layer in tokens["layer"].unique())
    local = [name for name in recipe.measures.token if EVERY_MEASURE[name].reach is not None]
    windows = samples.set_index("sample")[["window_start", "window_stop"]].astype(float)
    start, stop = (tokens["sample"].map(windows[name]) for name in windows)
    for name in local:
        before, after = EVERY_MEASURE[name].reach
        inside = tokens[(tokens["token"] >= start + before) & (tokens["token"] < stop - after)]
        means = inside.astype({name: np.float64}).groupby(["sample", "layer"])[name].mean()
        for sample, layer in product(samples["sample"], layers):
            value = float(means.get((sample, layer), np.nan))
            yield _row(name, sample, layer, recipe, value, OK if np.isfinite(value) else UNDEFINED)
    for name in recipe.measures.geometric:
        if name not in local:
            for sample, layer in product(samples["sample"], layers):
                yield _row(name, sample, layer, recipe, np.nan, NEEDS_STATES)


def _row(name: str, sample: str, layer: int, recipe: Recipe, value: float, status: str) -> dict[str, Any]:
    entry = EVERY_MEASURE[name]
    where = {"sample": sample, "layer": layer, "measure": name, "axis": entry.axis, "cloud": entry.cloud}
    return where | {"n": recipe.window.tokens, "value": value, "status": status}


def _as_read(table: Table, data: pd.DataFrame | list[dict[str, Any]]) -> pd.DataFrame:
    """The types and the order of the columns as they come from the disk."""
    return parquet.to_pandas(parquet.build(table, data))
