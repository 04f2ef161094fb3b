"""Turns the long tables of a run into arrays with named dimensions (sample, layer, token). Knows no file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from llmgeo.run.tables import TOKENS

if TYPE_CHECKING:
    import xarray

_SAMPLE_COORDINATES = ("condition", "prompt", "path", "label")


def dataset(
    samples: pd.DataFrame, tokens: pd.DataFrame, estimates: pd.DataFrame, attributes: Mapping[str, str]
) -> "xarray.Dataset":
    """One Dataset of everything measured; NaN where a measure is undefined or was not taken.

    Args:
        samples: one row a sample, whose order is the order of the `sample` dimension.
        tokens: one row a sample, layer, token and axis.
        estimates: one row a sample, layer and measure; those without a layer have the dimension `sample` alone.
        attributes: what the run is of.
    """
    import xarray

    ids = pd.Index(samples["sample"].to_numpy(dtype=object), name="sample")
    with_layer = estimates[estimates["layer"].notna()]
    layers = pd.Index(np.union1d(tokens["layer"].to_numpy(int), with_layer["layer"].to_numpy(int)), name="layer")
    places = pd.Index(np.unique(tokens["token"].to_numpy(int)), name="token")
    variables = _token_variables(tokens, ids, layers, places) | _estimate_variables(estimates, ids, layers)
    coordinates = {name: ("sample", samples[name].to_numpy(dtype=object)) for name in _SAMPLE_COORDINATES}
    return xarray.Dataset(
        variables,
        coords={"sample": ids, "layer": layers, "token": places, **coordinates},
        attrs=dict(attributes),
    )


def _token_variables(
    tokens: pd.DataFrame, ids: pd.Index, layers: pd.Index, places: pd.Index
) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    variables = {}
    for axis, rows in tokens.groupby("axis", sort=True):
        at = ids.get_indexer(rows["sample"]), layers.get_indexer(rows["layer"]), places.get_indexer(rows["token"])
        for measure in rows.columns[len(TOKENS) :]:
            values = rows[measure].to_numpy(np.float32)
            if np.isnan(values).all():
                continue  # this measure is of the other axis
            filled = np.full((len(ids), len(layers), len(places)), np.nan, np.float32)
            filled[at] = values
            variables[f"{measure}_{axis}"] = (("sample", "layer", "token"), filled, {"measure": measure, "axis": axis})
    return variables


def _estimate_variables(
    estimates: pd.DataFrame, ids: pd.Index, layers: pd.Index
) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    variables = {}
    clouds = estimates.groupby("measure", sort=True)[["axis", "cloud"]].nunique(dropna=False).max(axis=1)
    keys = ["measure", "axis", "cloud"]
    for (measure, axis, cloud), rows in estimates.groupby(keys, sort=True, dropna=False):
        # One measure on two axes or clouds are two quantities: then, and only then, the name tells them apart.
        name = measure if clouds[measure] == 1 else f"{measure}_{axis}_{cloud}"
        attributes = {"measure": measure, "axis": str(axis), "cloud": str(cloud)}
        has_layer = rows["layer"].notna().all()
        at = (ids.get_indexer(rows["sample"]),)
        if has_layer:
            at = (*at, layers.get_indexer(rows["layer"].astype(int)))
        dimensions = ("sample", "layer")[: len(at)]
        for suffix, column in (("", "value"), ("_standard_error", "standard_error"), ("_null", "null")):
            filled = np.full((len(ids), len(layers))[: len(at)], np.nan)
            filled[at] = rows[column].to_numpy(np.float64)
            variables[f"{name}{suffix}"] = (dimensions, filled, attributes)
    return variables
