"""What a run holds: its tables with their columns, its arrays with their dimensions. Knows no file and no experiment.

An experiment declares this once; the manifest carries it. So whoever opens the run later reads, checks, exports and
describes it without knowing the experiment.

Some tables look the same wherever they occur, and stand here ready to be extended:

>>> WEIGHTS = Table("weights", "how each matrix changed", {"matrix": Column("text", "its name", required=True)})
>>> declaration = Declaration([SAMPLES.with_columns(reader=Column("text", "who reads the text")), WEIGHTS], [STATES])
>>> Declaration.from_json(declaration.to_json()) == declaration
True
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llmgeo.run.common_tables import CLAIMS, CONTRASTS, ESTIMATES, LAYERS, SAMPLES, STATES, TOKENS
from llmgeo.run.parts import KINDS, MOST_NAMES, Array, Column, Table, is_measure_column

__all__ = [
    "CLAIMS",
    "CONTRASTS",
    "ESTIMATES",
    "KINDS",
    "LAYERS",
    "SAMPLES",
    "STATES",
    "TOKENS",
    "Array",
    "Column",
    "Declaration",
    "Table",
    "is_measure_column",
]

_MEASURED = {table.name: table for table in (SAMPLES, TOKENS, ESTIMATES)}
"""Tables that llmgeo itself reads in any run: a declared table of that name has all their required columns."""


@dataclass(frozen=True)
class Declaration:
    """The tables and arrays of one kind of run, each of a name of its own. Raises ValueError for what cannot be one."""

    tables: tuple[Table, ...]
    arrays: tuple[Array, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", tuple(self.tables))
        object.__setattr__(self, "arrays", tuple(self.arrays))
        names = [part.name for part in (*self.tables, *self.arrays)]
        if len(names) > MOST_NAMES:
            raise ValueError(f"a run has {len(names)} tables and arrays; {MOST_NAMES} are the most")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is declared twice; tables and arrays share their names")
        for table in self.tables:
            if table.name in _MEASURED:
                _check_extends(table, _MEASURED[table.name])
        if (states := self.array("states")) is not None and states.dimensions != STATES.dimensions:
            raise ValueError(f"the array states has the dimensions {', '.join(STATES.dimensions)}")

    @property
    def parts(self) -> tuple[Table | Array, ...]:
        """What the units of work write."""
        return (*self.measured, *self.arrays)

    def rows(self) -> list[dict[str, str | None]]:
        """One row a column of each table and an array: table, column, kind, words, unit."""
        columns = [
            {"table": table.name, "column": name, "kind": column.kind, "words": column.words, "unit": column.unit}
            for table in self.tables
            for name, column in table.columns.items()
        ]
        arrays = [
            {
                "table": array.name,
                "column": None,
                "kind": " × ".join(array.dimensions),
                "words": array.words,
                "unit": "",
            }
            for array in self.arrays
        ]
        return columns + arrays

    @property
    def measured(self) -> tuple[Table, ...]:
        """The tables that the units of work write."""
        return tuple(table for table in self.tables if not table.is_result)

    @property
    def results(self) -> tuple[Table, ...]:
        """The tables that are computed from the others."""
        return tuple(table for table in self.tables if table.is_result)

    def table(self, name: str) -> Table | None:
        """The table of this name, or None."""
        return next((table for table in self.tables if table.name == name), None)

    def array(self, name: str) -> Array | None:
        """The array of this name, or None."""
        return next((array for array in self.arrays if array.name == name), None)

    def with_results(self, declaration: "Declaration") -> "Declaration":
        """The measured tables and the arrays of this declaration, with the results of another."""
        return Declaration((*self.measured, *declaration.results), self.arrays)

    def kinds(self) -> dict[str, object]:
        """What decides whether units written under two declarations can be read together: no words, no results."""
        tables = {
            table.name: {name: f"{column.kind}{' (required)' * column.required}" for name, column in columns}
            | ({"(further measures)": "float32"} if table.is_open else {})
            for table, columns in ((table, table.columns.items()) for table in self.measured)
        }
        return tables | {array.name: list(array.dimensions) for array in self.arrays}

    def to_json(self) -> dict[str, object]:
        """Its form in the manifest: the keys `tables` and `arrays`."""
        return {
            "tables": {table.name: _table_to_json(table) for table in self.tables},
            "arrays": {
                array.name: {"words": array.words, "dimensions": list(array.dimensions)} for array in self.arrays
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Declaration":
        """Reads what `to_json` wrote, or a stranger did. Raises ValueError that says what is wrong."""
        tables, arrays = (_mapping(key, data.get(key)) for key in ("tables", "arrays"))
        return cls(
            tuple(_table_from_json(name, _mapping(name, table)) for name, table in tables.items()),
            tuple(_array_from_json(name, _mapping(name, array)) for name, array in arrays.items()),
        )


def _check_extends(table: Table, core: Table) -> None:
    for name, column in core.columns.items():
        own = table.columns.get(name, None if column.required else column)
        if own is None or (own.kind, own.required) != (column.kind, column.required):
            needed = f"{column.kind}{', required' * column.required}"
            raise ValueError(f"the table {table.name} has no column {name} of its kind ({needed})")
    if (table.is_open, table.is_result) != (core.is_open, core.is_result):
        raise ValueError(f"the table {table.name} is {'open' if core.is_open else 'not open'} and no result")


def _table_to_json(table: Table) -> dict[str, object]:
    return {
        "words": table.words,
        **({"is_open": True} if table.is_open else {}),
        **({"is_result": True} if table.is_result else {}),
        "columns": {name: _column_to_json(column) for name, column in table.columns.items()},
    }


def _column_to_json(column: Column) -> dict[str, object]:
    optional = {"unit": column.unit, "required": column.required}
    return {"kind": column.kind, "words": column.words, **{key: value for key, value in optional.items() if value}}


def _table_from_json(name: str, data: Mapping[str, Any]) -> Table:
    _check_keys(name, data, {"words", "columns"}, {"is_open", "is_result"})
    columns = {}
    for column, facts in _mapping(f"{name}.columns", data["columns"]).items():
        facts = _mapping(f"{name}.{column}", facts)
        _check_keys(f"{name}.{column}", facts, {"kind", "words"}, {"unit", "required"})
        if not isinstance(facts["kind"], str):
            raise ValueError(f"{name}.{column} has no kind")
        columns[column] = Column(**facts)
    return Table(name, **{**data, "columns": columns})


def _array_from_json(name: str, data: Mapping[str, Any]) -> Array:
    _check_keys(name, data, {"words", "dimensions"}, set())
    if not isinstance(data["dimensions"], list) or not all(isinstance(word, str) for word in data["dimensions"]):
        raise ValueError(f"the dimensions of {name} are not a list of names")
    return Array(name, data["words"], tuple(data["dimensions"]))


def _mapping(name: str, data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{name!r:.80} is not an object")
    return data


def _check_keys(name: str, data: Iterable[str], needed: set[str], optional: set[str]) -> None:
    keys = set(data)
    if not needed <= keys <= needed | optional:
        known = ", ".join(sorted(needed | optional))
        raise ValueError(f"{name!r:.80} has the keys {', '.join(sorted(keys))!r:.160}; known are {known}")
