"""The tables of results/, which can always be computed again from the parts. Knows which are declared, not their maths.

Where they answer another recipe than the run's own, that recipe lies beside them; where they are of another window, so
do the measured tables that they are computed from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from llmgeo.errors import CorruptRunError, RecipeError, RunError
from llmgeo.messages import place
from llmgeo.recipe import toml_file
from llmgeo.run import atomic, format_1, parquet
from llmgeo.run.declaration import Declaration, Table
from llmgeo.run.layout import RECIPE, RESULTS
from llmgeo.user_file import UserFile


def encode(declaration: Declaration, frames: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """The content of each file of results/, in the order in which they are to be written.

    Args:
        frames: every declared result by name, and the measured tables that they are computed from where these are not
            the run's own.

    Raises:
        ValueError: a result is missing, a frame is not declared, or does not have the columns declared.
    """
    declared = {table.name: table for table in (*declaration.measured, *declaration.results)}
    if unknown := sorted(frames.keys() - declared.keys()):
        raise ValueError(f"{', '.join(unknown)} is no declared table; these are: {', '.join(declared)}")
    if missing := [table.name for table in declaration.results if table.name not in frames]:
        raise ValueError(f"the results lack {', '.join(missing)}")
    return {
        name: parquet.encode(parquet.build(table, frames[name])) for name, table in declared.items() if name in frames
    }


def replace(run: Path, declaration: Declaration, data: Mapping[str, bytes], recipe_source: bytes | None = None) -> None:
    """Writes what `encode` made, each file atomically. Raises RunError if the disk refuses.

    The old ones go first; `recipe_source` (results/recipe.toml: the recipe answered, if it is not the run's own) and
    what the results are computed from come before the new ones: a kill in between leaves some missing, never two kinds
    side by side.
    """
    remove(run, declaration)
    with atomic.disk_faults(run, RESULTS):
        (run / RESULTS).mkdir(exist_ok=True)
    if recipe_source is not None:
        atomic.write_bytes(run / RESULTS / RECIPE, recipe_source)
    for name, content in data.items():
        atomic.write_bytes(_path(run, name), content)


def is_computed(run: Path, name: str) -> bool:
    """Whether a table of this name is in results/."""
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
    """The recipe that the results answer as data: empty if unreadable, None if the run's own. Raises as `recipe`."""
    source = recipe(run)
    if source is None:
        return None
    try:  # a recipe that was made in Python is kept as JSON
        data = json.loads(source) if source.startswith(b"{") else toml_file.parse(UserFile(RECIPE, source, None)).data
    except (ValueError, RecursionError, RecipeError):
        return {}
    return data if isinstance(data, Mapping) else {}


def read(run: Path, table: Table, version: int) -> pd.DataFrame:
    """One of the tables, as the run's format has it.

    Raises RunError if it was not computed yet, or by an older llmgeo with fewer columns, CorruptRunError if damaged.
    """
    path = _path(run, table.name)
    if not path.is_file():
        raise RunError(
            f"{place(run)} has no {RESULTS}/{path.name}: the run was not finished, grew since, or the file is gone. "
            "Run the command that began it again; it goes on after the last finished unit. Or compute the results of "
            f"what there is: llmgeo analyze {place(run)}"
        )
    try:
        return parquet.to_pandas(_decode(run, table, path.read_bytes(), version))
    except (ValueError, OSError) as error:
        raise CorruptRunError(
            f"{place(path)} is damaged: {error}. Results can be computed again: llmgeo analyze {place(run)}"
        ) from error


def remove(run: Path, declaration: Declaration) -> None:
    """Removes the tables and the recipe beside them: the parts they were computed from are about to change."""
    with atomic.disk_faults(run, RESULTS):
        for table in declaration.tables:
            _path(run, table.name).unlink(missing_ok=True)
        (run / RESULTS / RECIPE).unlink(missing_ok=True)
        for leftover in (run / RESULTS).glob(f"{atomic.TEMPORARY}*"):
            leftover.unlink(missing_ok=True)


def faults(run: Path, declaration: Declaration, version: int) -> dict[str, str]:
    """The tables that are there but cannot be read, as relative paths, with the reason."""
    reasons = {}
    for table in declaration.tables:
        path = _path(run, table.name)
        if path.is_file():
            try:
                _decode(run, table, path.read_bytes(), version)
            except ValueError as error:
                reasons[f"{RESULTS}/{path.name}"] = str(error)
            except RunError:
                pass  # whole, and older than its columns
    return reasons


def _path(run: Path, name: str) -> Path:
    return run / RESULTS / f"{name}.parquet"


def _decode(run: Path, table: Table, data: bytes, version: int) -> pa.Table:
    if version == format_1.VERSION and table.is_result:
        return format_1.result(run, table, data)
    return parquet.decode(table, data)
