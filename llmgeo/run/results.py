"""The tables of results/, which can always be computed again from the parts. Knows columns, not their maths.

layers, contrasts and claims. Where they answer another recipe than the run's own, that recipe lies beside them; where
they are of another window, so do the samples and estimates that they are computed from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from llmgeo.errors import CorruptRunError, RecipeError, RunError
from llmgeo.messages import place
from llmgeo.recipe import toml_file
from llmgeo.run import atomic, tables
from llmgeo.run.layout import RECIPE, RESULTS
from llmgeo.user_file import UserFile

_TEXT, _NUMBER, _LAYER = pa.string(), pa.float64(), pa.int32()
_COUNT = None  # an integer, or a float where it is a mean over samples: as the caller has it

LAYERS = {
    "condition": _TEXT,
    "layer": _LAYER,
    "measure": _TEXT,
    "axis": _TEXT,
    "cloud": _TEXT,
    "n": _COUNT,
    "n_unique": _COUNT,
    "value": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "null_low": _NUMBER,
    "null_high": _NUMBER,
    "status": _TEXT,
}
CONTRASTS = {
    "a": _TEXT,
    "b": _TEXT,
    "layer": _LAYER,
    "measure": _TEXT,
    "axis": _TEXT,
    "n_a": _COUNT,
    "n_b": _COUNT,
    "auc": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "p": _NUMBER,
    "q": _NUMBER,
}
CLAIMS = {
    "claim": _TEXT,
    "source": _TEXT,
    "verdict": _TEXT,
    "effect": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "q": _NUMBER,
    "sentence": _TEXT,
}
BASIS = ("samples", "estimates")
"""Tables of the run that results/ may have its own of."""

COLUMNS: Mapping[str, Mapping[str, pa.DataType | None]] = {"layers": LAYERS, "contrasts": CONTRASTS, "claims": CLAIMS}


def write(run: Path, frames: Mapping[str, pd.DataFrame], recipe_source: bytes | None = None) -> None:
    """Writes results/<name>.parquet for each frame, each atomically. Raises ValueError for a missing column.

    The old ones go first; `recipe_source` (results/recipe.toml: the recipe answered, if it is not the run's own) and
    what the results are computed from come before the new ones: a kill in between leaves some missing, never two kinds
    side by side.

    Args:
        frames: the three tables by name, and those of `BASIS` where they are not the run's own.
    """
    in_order = [*(name for name in BASIS if name in frames), *(name for name in frames if name not in BASIS)]
    data = {name: tables.to_parquet(_table(name, frames[name])) for name in in_order}
    remove(run)
    with atomic.disk_faults(run, RESULTS):
        (run / RESULTS).mkdir(exist_ok=True)
    if recipe_source is not None:
        atomic.write_bytes(run / RESULTS / RECIPE, recipe_source)
    for name, content in data.items():
        atomic.write_bytes(_path(run, name), content)


def is_computed(run: Path, name: str) -> bool:
    """Whether one of the three tables is there."""
    return _path(run, name).is_file()


def recipe(run: Path) -> bytes | None:
    """The recipe that the results answer, or None: the run's own. Raises CorruptRunError if it cannot be read."""
    path = run / RESULTS / RECIPE
    if not path.exists():
        return None
    try:
        if path.is_file():
            return path.read_bytes()
        reason = "not a plain file"
    except OSError as error:
        reason = error.strerror
    raise CorruptRunError(f"{place(path)} cannot be read ({reason})")


def answered(run: Path) -> Mapping | None:
    """That recipe as plain data, empty where it cannot be made out; None: the run's own. Raises as `recipe`."""
    source = recipe(run)
    if source is None:
        return None
    try:  # a recipe that was made in Python is kept as JSON
        found = json.loads(source) if source.startswith(b"{") else toml_file.parse(UserFile(RECIPE, source, None)).data
    except (ValueError, RecursionError, RecipeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def read(run: Path, name: str) -> pd.DataFrame:
    """One of the tables. Raises RunError if it was not computed yet, CorruptRunError if it is damaged."""
    path = _path(run, name)
    if not path.is_file():
        raise RunError(
            f"{place(run)} has no {RESULTS}/{path.name} yet: the run was not finished, or grew since. "
            "Run the command that began it again; it goes on after the last finished unit"
        )
    try:
        return tables.to_pandas(_read(name, path.read_bytes()))
    except (ValueError, OSError) as error:
        raise CorruptRunError(
            f"{place(path)} is damaged: {error}. Results can be computed again: llmgeo analyze {place(run)}"
        ) from error


def remove(run: Path) -> None:
    """Removes the tables and the recipe beside them: the parts they were computed from are about to change."""
    with atomic.disk_faults(run, RESULTS):
        for name in (*COLUMNS, *BASIS):
            _path(run, name).unlink(missing_ok=True)
        (run / RESULTS / RECIPE).unlink(missing_ok=True)
        for leftover in (run / RESULTS).glob(f"{atomic.TEMPORARY}*"):
            leftover.unlink(missing_ok=True)


def faults(run: Path) -> dict[str, str]:
    """The tables that are there but cannot be read, as relative paths, with the reason."""
    found = {}
    for name in (*COLUMNS, *BASIS):
        path = _path(run, name)
        if path.is_file():
            try:
                _read(name, path.read_bytes())
            except ValueError as error:
                found[f"{RESULTS}/{path.name}"] = str(error)
    return found


def _path(run: Path, name: str) -> Path:
    return run / RESULTS / f"{name}.parquet"


def _read(name: str, data: bytes) -> pa.Table:
    """Raises ValueError if it is no parquet, or not the table it should be."""
    if name in BASIS:
        return tables.from_parquet(name, data)
    table = tables.read_parquet(data)
    types = {field.name: field.type for field in table.schema}
    for column, kind in COLUMNS[name].items():
        if column not in types or (kind is not None and types[column] != kind):
            raise ValueError(f"its column {column} is missing or of another kind")
    return table


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    if name in BASIS:
        return tables.build(name, frame)
    missing = [column for column in COLUMNS[name] if column not in frame.columns]
    if missing:
        raise ValueError(f"results/{name}: column {', '.join(map(repr, missing))} is missing")
    extra = [column for column in frame.columns if column not in COLUMNS[name]]
    arrays = {column: _array(name, column, frame[column]) for column in (*COLUMNS[name], *extra)}
    return pa.table(arrays)


def _array(name: str, column: str, values: pd.Series) -> pa.Array:
    kind = COLUMNS[name].get(column) or _kind(values)
    try:
        return tables.column(values, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"results/{name}: column {column!r} cannot be stored as {kind}: {error}") from error


def _kind(values: pd.Series) -> pa.DataType:
    """bool, whole numbers, numbers, text, or lists of whole numbers or of text: nothing else is stored in a result."""
    types = pd.api.types
    lists = [value for value in values if isinstance(value, list)]
    if lists:
        is_whole = all(isinstance(item, int) for items in lists for item in items)
        return pa.list_(pa.int64() if is_whole and any(lists) else pa.string())
    if types.is_bool_dtype(values):
        return pa.bool_()
    if types.is_integer_dtype(values):
        return pa.int64()
    return pa.float64() if types.is_float_dtype(values) else pa.string()
