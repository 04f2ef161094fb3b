"""What a run is made of: tables with columns, and arrays. Knows neither a file nor which of them there are."""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

KINDS: Mapping[str, str] = {
    "text": "a text",
    "number": "a number, 64 bits",
    "float32": "a number, 32 bits",
    "count": "a whole number, 64 bits",
    "layer": "a layer's number, 32 bits",
    "token": "a token's place in its text, 32 bits",
    "flag": "yes or no",
    "texts": "a list of texts",
    "numbers": "a list of numbers, 32 bits each",
    "counts": "a list of whole numbers, 32 bits each",
}
"""What a column can hold. Every kind but a `required` column may also hold nothing."""

TAKEN = frozenset(
    {"path", "manifest", "seconds", "units", "declaration", "status"}
    | {"recipe_source", "results_recipe_source", "results_recipe"}
    | {
        "table",
        "pieces",
        "arrays",
        "states",
        "layers_kept",
        "label_rule",
        "describe",
        "to_xarray",
        "to_csv",
        "results",
        "refused",
    }
    | {"story", "show", "report", "label_rule"}
)
"""What no table may be called: attributes of `llmgeo.run.Run`, folders of a run, keys of its records."""

MOST_NAMES = 256
"""Tables and arrays of a run, and columns of a table, at most: a manifest that has more is no experiment's."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MEASURE = re.compile(r"[a-z][a-z0-9_]{0,62}(\([A-Za-z0-9_=., +-]{1,120}\))?")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        kind: one of `KINDS`.
        words: what it is, for a reader of the table.
        unit: of its numbers, if they have one.
        required: whether every row has a value; a column that is not may be left out, and is then null.
    """

    kind: str
    words: str
    unit: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a column cannot be of kind {self.kind!r}; known are {', '.join(KINDS)}")
        _check_texts(self.words, self.unit)
        _check_flags(self.required)


@dataclass(frozen=True)
class Table:
    """One table of a run.

    Attributes:
        name: of its folder, or of its file in results/, and of the attribute of `llmgeo.run.Run`: a-z, 0-9 and _.
        words: what one row is.
        columns: by name, in their order.
        is_open: whether further columns may follow, one float32 a measure, called by the measure's label.
        is_result: whether it is computed from the other tables, so that it can be computed again.

    >>> Table("to_csv", "one row a grid point", {})
    Traceback (most recent call last):
      ...
    ValueError: no table can be called 'to_csv': a run has something else of that name
    """

    name: str
    words: str
    columns: Mapping[str, Column]
    is_open: bool = False
    is_result: bool = False

    def __post_init__(self) -> None:
        _check_name("table", self.name)
        if self.name in TAKEN or self.name.startswith("results_"):
            raise ValueError(f"no table can be called {self.name!r}: a run has something else of that name")
        _check_texts(self.words)
        _check_flags(self.is_open, self.is_result)
        if len(self.columns) > MOST_NAMES:
            raise ValueError(f"table {self.name} has {len(self.columns)} columns; {MOST_NAMES} are the most")
        for name in self.columns:
            _check_name("column", name)

    def kind_of(self, name: str) -> str | None:
        """What the column of this name holds; None of a measure in an open table, and where there is no such column."""
        return self.columns[name].kind if name in self.columns else None

    def with_columns(self, **columns: Column) -> "Table":
        """The same table with further columns at its end, or with others in the place of its own."""
        return replace(self, columns={**self.columns, **columns})

    def without_columns(self, *names: str) -> "Table":
        """The same table without these columns."""
        return replace(self, columns={name: column for name, column in self.columns.items() if name not in names})


@dataclass(frozen=True)
class Array:
    """What is no table: tensors by key, of which each unit adds some.

    Attributes:
        name: a-z, 0-9 and _.
        words: what it is.
        dimensions: the first is what a key names ("sample": then the keys are samples of the same unit), the others are
            those of each tensor, in their order. "layer" and "token" mean what they mean in tables.

    >>> Array("grid", "loss around the weights", ("checkpoint", "x", "y")).dimensions_of_a_tensor
    ('x', 'y')
    """

    name: str
    words: str
    dimensions: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name("array", self.name)
        _check_texts(self.words)
        if not 1 <= len(self.dimensions) <= 16 or len(set(self.dimensions)) < len(self.dimensions):
            raise ValueError(f"array {self.name} needs 1 to 16 dimensions of different names; the first names the keys")
        for dimension in self.dimensions:
            _check_name("dimension", dimension)

    @property
    def dimensions_of_a_tensor(self) -> tuple[str, ...]:
        """The dimensions without the first, which the keys stand for."""
        return self.dimensions[1:]


def is_measure_column(name: str) -> bool:
    """Whether an open table's further column can be called so: a measure's name, or its label with parameters.

    >>> is_measure_column("step_length"), is_measure_column("jumps(rule=mad)"), is_measure_column("../x")
    (True, True, False)
    """
    return bool(_MEASURE.fullmatch(name))


def _check_name(part_kind: str, name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ValueError(f"the {part_kind} name {name!r:.80} is not made of a-z 0-9 _ (a letter first, 63 at most)")


def _check_texts(*values: object) -> None:
    if wrong := [value for value in values if not isinstance(value, str)]:
        raise ValueError(f"words and unit are texts, not {wrong[0]!r:.80}")


def _check_flags(*values: object) -> None:
    if wrong := [value for value in values if not isinstance(value, bool)]:
        raise ValueError(f"it is true or false, not {wrong[0]!r:.80}")
