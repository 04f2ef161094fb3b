"""What a unit is about to add to a run, checked against the declaration. Knows no file.

Whatever names a sample names one of the unit's own, and a sample belongs to one unit: so a unit can be measured anew,
or dropped, without another one noticing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from llmgeo.run import layout, parquet
from llmgeo.run.declaration import SAMPLES, Declaration

if TYPE_CHECKING:
    import numpy as np
    import torch

    Tensors = Mapping[str, torch.Tensor | np.ndarray]


@dataclass(frozen=True)
class UnitContent:
    """What is written of a unit: the ids of its samples, its tables that have rows, its arrays that have tensors."""

    samples: tuple[str, ...]
    tables: dict[str, pa.Table]
    arrays: "dict[str, Tensors]"


def check(
    declaration: Declaration,
    unit: str,
    tables: Mapping[str, parquet.Columns | None],
    arrays: "Mapping[str, Tensors]",
    elsewhere: Collection[str],
) -> UnitContent:
    """The unit's tables as Arrow's, its arrays as they are.

    Args:
        declaration: of the run.
        unit: its name.
        tables: rows or columns by the name of a declared table.
        arrays: tensors by key, by the name of a declared array.
        elsewhere: the samples of all other units.

    Raises:
        ValueError: a table does not have its columns, an array not its dimensions; no table has a row; a sample belongs
            to another unit, or is not among the unit's own.
    """
    if not layout.UNIT_NAME.fullmatch(unit):
        raise ValueError(f"unit name {unit!r} is not made of a-z 0-9 . _ - (80 at most)")
    built = _built(declaration, unit, tables)
    filled = _filled(declaration, arrays)
    return UnitContent(_samples(declaration, unit, built, filled, elsewhere), built, filled)


def _built(declaration: Declaration, unit: str, tables: Mapping[str, parquet.Columns | None]) -> dict[str, pa.Table]:
    """The tables that have rows, in the order of their declaration."""
    declared = {table.name: table for table in declaration.measured}
    _check_declared("table", tables, declared)
    filled = {name: tables[name] for name in declared if tables.get(name) is not None and len(tables[name])}
    built = {name: parquet.build(declared[name], data) for name, data in filled.items()}
    built = {name: table for name, table in built.items() if table.num_rows}
    if not built:
        raise ValueError(f"unit {unit} has no row in any table ({', '.join(declared)})")
    return built


def _filled(declaration: Declaration, arrays: "Mapping[str, Tensors]") -> "dict[str, Tensors]":
    """The arrays that have tensors, each with the dimensions declared."""
    declared = {array.name: array for array in declaration.arrays}
    _check_declared("array", arrays, declared)
    for name, by_key in arrays.items():
        dimensions = declared[name].dimensions_of_a_tensor
        for key, tensor in by_key.items():
            if len(tensor.shape) != len(dimensions):
                raise ValueError(
                    f"{name} of {key!r} has the shape {tuple(tensor.shape)}; its dimensions are "
                    f"{', '.join(dimensions) or 'none'} ({declared[name].dimensions[0]} is what its key names)"
                )
    return {name: arrays[name] for name in declared if arrays.get(name)}


def _samples(
    declaration: Declaration,
    unit: str,
    built: Mapping[str, pa.Table],
    filled: "Mapping[str, Tensors]",
    elsewhere: Collection[str],
) -> tuple[str, ...]:
    """The ids of the unit's samples, if it has any."""
    ids = tuple(built[SAMPLES.name]["sample"].to_pylist()) if SAMPLES.name in built else ()
    if len(set(ids)) < len(ids):
        raise ValueError(f"unit {unit} has one of its samples twice: {ids}")
    if twice := sorted(set(elsewhere) & set(ids)):
        raise ValueError(f"samples {twice} are already in another unit")
    if declaration.table(SAMPLES.name) is None:
        return ids
    with_samples = (name for name, table in built.items() if "sample" in table.column_names)
    named = {name: set(pc.unique(built[name]["sample"]).to_pylist()) for name in with_samples}
    of_samples = (array.name for array in declaration.arrays if array.dimensions[0] == "sample")
    named |= {name: set(map(parquet.valid_text, filled[name])) for name in of_samples if name in filled}
    for name, samples in named.items():
        if unknown := sorted(map(str, samples - set(ids))):
            raise ValueError(f"{name} has samples {unknown} that are not in the unit's samples")
    return ids


def _check_declared(part_kind: str, parts: Mapping[str, object], declared: Mapping[str, object]) -> None:
    if unknown := sorted(parts.keys() - declared.keys()):
        known = ", ".join(declared) or "none"
        raise ValueError(f"{', '.join(unknown)} is not a {part_kind} that units of this run write; declared: {known}")
