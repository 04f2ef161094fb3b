"""Turns the tables and arrays of a run into named arrays (sample, layer, token, …). Knows no file."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from llmgeo.extras import needed
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.run import parquet
from llmgeo.run.declaration import ESTIMATES, SAMPLES, TOKENS, Array, Column, Declaration, Table

if TYPE_CHECKING:
    import xarray

Variable = tuple[tuple[str, ...], np.ndarray, dict[str, str]]
"""The names of its dimensions, its values and its attrs."""

_LISTS = frozenset({"texts", "numbers", "counts"})
_NUMBERS = frozenset({"number", "float32", "count"})
_COORDINATES = ("condition", "prompt", "path", "label")
"""Columns of the samples that are coordinates in every run; those that an experiment adds are coordinates too."""


def dataset(
    declaration: Declaration,
    tables: Mapping[str, pd.DataFrame],
    arrays: Mapping[str, Mapping[str, np.ndarray]],
    layers_kept: tuple[int, ...] | None,
    attributes: Mapping[str, str],
) -> "xarray.Dataset":
    """One Dataset of everything measured; NaN where a measure is undefined or was not taken.

    Args:
        declaration: of the tables and arrays.
        tables: by name, every measured one. `samples`, `tokens` and `estimates` become arrays over (sample, layer,
            token), in the order of the samples; any other one stays a table: its columns over its rows.
        arrays: by name, tensors by key; those of one shape become one array, the keys its first dimension.
        layers_kept: the numbers of the layers in a tensor, where not all were captured.
        attributes: what the run is of.
    """
    xarray = needed("xarray", "to_xarray")

    samples, tokens, estimates = (
        tables.get(table.name, parquet.to_pandas(parquet.schema(table).empty_table()))
        for table in (SAMPLES, TOKENS, ESTIMATES)
    )
    estimates = estimates.assign(**{name: np.nan for name in ESTIMATES.columns if name not in estimates})
    ids = pd.Index(samples["sample"].to_numpy(dtype=object), name="sample")
    with_layer = estimates[estimates["layer"].notna()]
    layers = pd.Index(np.union1d(tokens["layer"].to_numpy(int), with_layer["layer"].to_numpy(int)), name="layer")
    places = pd.Index(np.unique(tokens["token"].to_numpy(int)), name="token")
    indexes = {"sample": ids, "layer": layers, "token": places}
    variables = _token_variables(
        declaration.table(TOKENS.name) or TOKENS, tokens, ids, layers, places
    ) | _estimate_variables(estimates, ids, layers)
    for table in declaration.measured:
        if table.name not in (SAMPLES.name, TOKENS.name, ESTIMATES.name):
            variables |= _row_variables(table, tables[table.name])
    named = xarray.Dataset(
        variables,
        coords={
            **{name: _index(declaration, name, index) for name, index in indexes.items()},
            **_sample_coordinates(declaration, samples),
        },
        attrs=dict(attributes),
    )
    for array in declaration.arrays:
        for stacked in _stacked(array, arrays.get(array.name, {}), ids, layers_kept):
            named = named.merge(stacked.to_dataset(name=array.name), join="outer", combine_attrs="override")
    return named


def _index(declaration: Declaration, name: str, index: pd.Index) -> Variable:
    """A dimension's own coordinate, with the words that the run has for it."""
    table = SAMPLES if name in SAMPLES.columns else TOKENS
    return (name,), index.to_numpy(), _attributes((declaration.table(table.name) or table).columns[name])


def _sample_coordinates(declaration: Declaration, samples: pd.DataFrame) -> dict[str, Variable]:
    table = declaration.table(SAMPLES.name) or SAMPLES
    added = [
        name for name, column in table.columns.items() if name not in SAMPLES.columns and column.kind not in _LISTS
    ]
    return {
        name: (("sample",), samples[name].to_numpy(dtype=object), _attributes(table.columns[name]))
        for name in (*_COORDINATES, *added)
        if name in samples
    }


def _token_variables(
    table: Table, tokens: pd.DataFrame, ids: pd.Index, layers: pd.Index, places: pd.Index
) -> dict[str, Variable]:
    variables = {}
    for axis, rows in tokens.groupby("axis", sort=True):
        at = ids.get_indexer(rows["sample"]), layers.get_indexer(rows["layer"]), places.get_indexer(rows["token"])
        for measure in rows.columns:
            column = table.columns.get(measure)
            if measure in TOKENS.columns or (column is not None and column.kind not in _NUMBERS):
                continue
            values = rows[measure].to_numpy(np.float32)
            if np.isnan(values).all():
                continue  # this measure is of the other axis
            filled = np.full((len(ids), len(layers), len(places)), np.nan, np.float32)
            filled[at] = values
            words = _words_of_measure(measure) if column is None else _attributes(column)
            attributes = {"measure": measure, "axis": axis} | words
            variables[f"{measure}_{axis}"] = (("sample", "layer", "token"), filled, attributes)
    return variables


def _estimate_variables(estimates: pd.DataFrame, ids: pd.Index, layers: pd.Index) -> dict[str, Variable]:
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
            column_attributes = _attributes(ESTIMATES.columns[column])
            variables[f"{name}{suffix}"] = (dimensions, filled, attributes | column_attributes)
    return variables


def _row_variables(table: Table, rows: pd.DataFrame) -> dict[str, Variable]:
    """The columns of a table that has no named dimensions of its own, over its rows; lists have no place here."""
    return {
        f"{table.name}_{name}": ((table.name,), _values(rows[name]), _attributes(table.columns.get(name)))
        for name in rows.columns
        if name not in table.columns or table.columns[name].kind not in _LISTS
    }


def _values(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan) if column.isna().any() else column.to_numpy()
    return column.to_numpy(dtype=object, na_value=None)


def _stacked(
    array: Array, tensors: Mapping[str, np.ndarray], ids: pd.Index, layers_kept: tuple[int, ...] | None
) -> "Iterator[xarray.DataArray]":
    """The tensors in one array, if there are any and they have one shape.

    Samples, layers and tokens are those of the tables; any other dimension is the array's own.
    """
    xarray = needed("xarray", "to_xarray")

    if len({tensor.shape for tensor in tensors.values()}) != 1:
        return
    values = np.stack(list(tensors.values()))
    shared = ("sample", "layer", "token")
    dimensions = [name if name in shared else f"{array.name}_{name}" for name in array.dimensions]
    coordinates: dict[str, object] = {dimensions[0]: np.array(list(tensors), dtype=object)}
    for name, size in list(zip(dimensions, values.shape, strict=True))[1:]:
        if name in shared:
            is_kept = name == "layer" and layers_kept is not None and len(layers_kept) == size
            coordinates[name] = np.array(layers_kept) if is_kept else np.arange(size)
    attributes = {"long_name": array.words}
    stacked = xarray.DataArray(values, coords=coordinates, dims=dimensions, attrs=attributes)
    yield stacked.reindex(sample=ids) if dimensions[0] == "sample" else stacked


def _words_of_measure(label: str) -> dict[str, str]:
    """A measure's words, and its unit if values are stored in that unit; none of what nobody registered here."""
    if label not in EVERY_MEASURE:
        return {}
    measure = EVERY_MEASURE[label]
    return {"long_name": measure.words} | ({"units": measure.unit} if measure.unit and measure.scale == 1 else {})


def _attributes(column: Column | None) -> dict[str, str]:
    """A column's words and unit, under the names that plots of xarray read."""
    if column is None:
        return {}
    return {"long_name": column.words} | ({"units": column.unit} if column.unit else {})
