"""Tables a piece at a time: those of many texts have no room in memory. Knows parts and their columns, no experiment.

A piece is made of whole units. What is not wanted (other columns, units of other samples) is not decoded, or not read.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from llmgeo.run import journal, manifest, parquet
from llmgeo.run.declaration import Table

ROWS = 2**20
"""Rows of a piece, at least: enough for the time to go into the numbers, few enough for memory."""

OWNER = "sample"
"""The column that says which sample a row is of."""


def parts(
    run: Path,
    units: Iterable[journal.Unit],
    table: Table,
    columns: Sequence[str] | None = None,
    samples: Collection[str] | None = None,
) -> Iterator[pa.Table]:
    """A measured table unit by unit. Raises CorruptRunError for a part that is not what was written.

    Args:
        columns, samples: as in `Run.pieces`.
    """
    wanted = None if samples is None else set(samples)
    for unit in units:
        part = unit.part(table.name)
        if part and (wanted is None or not wanted.isdisjoint(unit.samples)):
            yield _decoded(run, table, part, columns, wanted)


def gathered(tables: Iterable[pa.Table], rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """The tables joined to pieces of so many rows at least, but for the last."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += len(table)
        if count >= rows:
            yield _frame(waiting)
            waiting, count = [], 0
    if waiting:
        yield _frame(waiting)


def selected(whole: pd.DataFrame, columns: Sequence[str] | None, samples: Collection[str] | None) -> pd.DataFrame:
    """The same of a table in memory."""
    rows = whole if samples is None else whole[whole[OWNER].isin(samples)]
    return rows if columns is None else rows[list(columns)]


def joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Pieces as one table, whose text is text; there is one at least.

    >>> piece = pd.DataFrame({"measure": pd.Categorical(["two_nn", "mle"]), "n": [1, 2]})
    >>> joined([piece, piece])["measure"].tolist()
    ['two_nn', 'mle', 'two_nn', 'mle']
    """
    plain = []
    for frame in frames:
        texts = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        plain.append(frame.astype(dict.fromkeys(texts, "str")))
    return plain[0].reset_index(drop=True) if len(plain) == 1 else pd.concat(plain, ignore_index=True)


def _decoded(
    run: Path, table: Table, part: journal.Part, columns: Sequence[str] | None, wanted: set[str] | None
) -> pa.Table:
    needed = columns if columns is None or wanted is None else [*dict.fromkeys([*columns, OWNER])]
    try:
        arrow = parquet.decode(table, part.read(run), needed)
    except ValueError as error:
        # These are the bytes that were written: so it is not they that changed.
        raise manifest.misdeclared(run, part.path, str(error)) from error
    if wanted is not None:
        owners = arrow[OWNER].cast(pa.string())
        arrow = arrow.filter(pc.is_in(owners, value_set=pa.array(sorted(wanted), pa.string())))
    return arrow if columns is None else arrow.select([name for name in columns if name in arrow.column_names])


def _frame(tables: list[pa.Table]) -> pd.DataFrame:
    return parquet.to_pandas(pa.concat_tables(tables, promote_options="default"))
