"""The tables of results/, which can always be computed again from the parts. Knows which are declared, not their maths.

The manifest names their files with size and SHA-256, so that a result that was changed, lost or slipped in is told from
one that was computed; a run of before that was so names none. Where they answer another recipe than the run's own, that
recipe lies beside them; where they are of another window, so do the measured tables that they are computed from.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from llmgeo.errors import CorruptRunError, RecipeError, RunError
from llmgeo.messages import place
from llmgeo.recipe import toml_file
from llmgeo.run import atomic, format_1, lock, manifest, parquet
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
        raise ValueError(f"{', '.join(unknown)} is not a declared table; these are: {', '.join(declared)}")
    if missing := [table.name for table in declaration.results if table.name not in frames]:
        raise ValueError(f"the results lack {', '.join(missing)}")
    return {
        _file(name): parquet.encode(parquet.build(table, frames[name]))
        for name, table in declared.items()
        if name in frames
    }


def replace(
    run: Path,
    stored: dict,
    declaration: Declaration,
    data: Mapping[str, bytes],
    units: int,
    recipe_source: bytes | None = None,
    counts: Mapping[str, int] | None = None,
) -> dict:
    """Writes what `encode` made, each file atomically; the manifest that names them. Raises RunError if the disk does.

    The old ones go first. The manifest, `recipe_source` (results/recipe.toml: the recipe answered, if it is not the
    run's own) and what the results are computed from come before the new ones: a kill in between leaves some missing,
    never two kinds side by side.

    Args:
        stored: the run's manifest as it stands.
        units: how many the results are computed from.
        counts: what else the run holds, for the manifest.
    """
    remove(run, declaration)
    files = ({RECIPE: recipe_source} if recipe_source is not None else {}) | dict(data)
    digests = {name: {"bytes": len(file), "sha256": _sha256(file)} for name, file in files.items()}
    stored = manifest.with_results(stored, digests, units, counts)
    manifest.write(run, stored)
    with atomic.disk_faults(run, RESULTS):
        (run / RESULTS).mkdir(exist_ok=True)
    for name, file in files.items():
        atomic.write_bytes(run / RESULTS / name, file)
    return stored


def discard(run: Path, stored: dict, declaration: Declaration) -> dict:
    """Removes the results, and what the manifest tells of them: what they were computed from is about to change."""
    remove(run, declaration)
    if manifest.tells_of_results(stored):
        stored = manifest.without_results(stored)
        manifest.write(run, stored)
    return stored


def is_computed(run: Path, name: str) -> bool:
    """Whether a table of this name is in results/; one that nobody computed is not."""
    named = _named(run)
    return _path(run, name).is_file() if named is None else _file(name) in named


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


def read(run: Path, table: Table, version: int, held: str = "") -> pd.DataFrame:
    """One of the tables, as the run's format has it.

    Args:
        held: what the run holds, in words, for the message where it was not computed.

    Raises RunError if it was not computed yet, or by an older llmgeo with fewer columns, CorruptRunError if damaged.
    """
    path, named = _path(run, table.name), _named(run)
    advice = f"Results can be computed again: llmgeo analyze {place(run)}"
    if not path.is_file():
        if writer := lock.writer(run):
            raise RunError(
                f"{writer} is measuring {place(run)} at this moment, and its results come at the end. Its texts can be "
                "read already: --sample NAME"
            )
        raise RunError(
            f"{place(run)} has no {RESULTS}/{path.name}: the run was not finished, grew since, or the file is gone. "
            "Run the command that started it again; it continues after the last finished unit. Or compute the results "
            f"of what there is{f' ({held})' if held else ''}: llmgeo analyze {place(run)}"
        )
    try:
        data = path.read_bytes()
        if reason := None if named is None else _difference(named.get(path.name), data):
            raise ValueError(reason)
        return parquet.to_pandas(_decode(run, table, data, version))
    except (ValueError, OSError) as error:
        raise CorruptRunError(f"{place(path)} is damaged: {error}. {advice}") from error


def faults(run: Path, stored: Mapping[str, object], declaration: Declaration) -> dict[str, str]:
    """The files of results/ that are missing or not what was computed, as relative paths, with the reason.

    Results that are not there at all are a fault of a finished run; one that is not finished may have none.
    """
    version, named = stored["schema_version"], manifest.result_files(stored)
    tables = {_file(table.name): table for table in declaration.tables}
    on_disk = {name for name in (*tables, RECIPE) if (run / RESULTS / name).is_file()}
    expected = {_file(table.name) for table in declaration.results} if stored["status"] == "complete" else set()
    if on_disk:
        expected |= set(named or ())
    reasons = dict.fromkeys(sorted(expected - on_disk), "it is missing")
    for name in sorted(on_disk):
        data = (run / RESULTS / name).read_bytes()
        reason = None if named is None else _difference(named.get(name), data)
        try:
            if reason is None and name in tables:
                _decode(run, tables[name], data, version)
        except ValueError as error:
            reason = str(error)
        except RunError:
            pass  # whole, and older than its columns
        if reason is not None:
            reasons[name] = reason
    return {f"{RESULTS}/{name}": reason for name, reason in reasons.items()}


def remove(run: Path, declaration: Declaration) -> None:
    """Removes the files alone. Raises RunError if the disk refuses."""
    with atomic.disk_faults(run, RESULTS):
        for table in declaration.tables:
            _path(run, table.name).unlink(missing_ok=True)
        (run / RESULTS / RECIPE).unlink(missing_ok=True)
        for leftover in (run / RESULTS).glob(f"{atomic.TEMPORARY}*"):
            leftover.unlink(missing_ok=True)


def _named(run: Path) -> Mapping[str, manifest.File] | None:
    """The files that the manifest names now: `llmgeo analyze` may have changed it since the run was opened."""
    return manifest.result_files(manifest.read(run))


def _difference(expected: "manifest.File | None", data: bytes) -> str | None:
    if expected is None:
        return "the run's results have no such file"
    if len(data) != expected["bytes"]:
        return f"{expected['bytes']:,} bytes expected, {len(data):,} found"
    sha256 = _sha256(data)
    return (
        None if sha256 == expected["sha256"] else f"SHA-256 {expected['sha256'][:12]}… expected, {sha256[:12]}… found"
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _file(name: str) -> str:
    return f"{name}.parquet"


def _path(run: Path, name: str) -> Path:
    return run / RESULTS / _file(name)


def _decode(run: Path, table: Table, data: bytes, version: int) -> pa.Table:
    if version == format_1.VERSION and table.is_result:
        return format_1.result(run, table, data)
    return parquet.decode(table, data)
