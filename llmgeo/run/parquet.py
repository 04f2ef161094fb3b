"""How the columns of a declared table become parquet, and parquet becomes pandas. Knows no folder, no table by name.

The same content gives the same bytes (no timestamps, one thread, fixed settings), so that a run that was interrupted
and resumed equals one that was not. An undefined number is null, never NaN; a lone surrogate, which UTF-8 cannot hold,
is written as the six characters that name it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from llmgeo.run.declaration import Table, is_measure_column

ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "float32": pa.float32(),
    "count": pa.int64(),
    "layer": pa.int32(),
    "token": pa.int32(),
    "flag": pa.bool_(),
    "texts": pa.list_(pa.string()),
    "numbers": pa.list_(pa.float32()),
    "counts": pa.list_(pa.int32()),
}
"""What each kind of column is in parquet."""

COPIES_ON_WRITE = int(pd.__version__.partition(".")[0]) >= 3
"""Whether a shallow copy of a DataFrame is a copy to whoever changes it."""

UNDEFINED = "undefined"  # the status of a value that is missing though its measure said "ok"

Columns = Mapping[str, object] | Sequence[Mapping[str, object]] | pa.Table | pd.DataFrame


def build(table: Table, data: Columns) -> pa.Table:
    """The Arrow table of declared columns: each of them, in order, of its kind.

    Args:
        table: what the columns are. An open table takes any further column as a measure and stores it as float32.
        data: columns by name (lists, numpy arrays, CPU tensors), rows as mappings, a DataFrame or an Arrow table.
            A column left out is null.

    Raises:
        ValueError: a required column is missing, a column is not declared, a value does not fit its column.

    >>> from llmgeo.run.declaration import ESTIMATES
    >>> estimates = build(ESTIMATES, [{"sample": "a", "measure": "two_nn", "value": float("nan"), "status": "ok"}])
    >>> estimates["value"].to_pylist(), estimates["status"].to_pylist()
    ([None], ['undefined'])
    """
    columns = _columns(data)
    declared = _schema_for(table, columns)
    rows = max((len(values) for values in columns.values()), default=0)
    arrays = []
    for field in declared:
        values = columns.get(field.name)
        try:
            array = pa.nulls(rows, field.type) if values is None else column(values, field.type)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"{table.name}: column {field.name!r} cannot be stored as {field.type}: {error}"
            ) from error
        if len(array) != rows:
            raise ValueError(f"{table.name}: column {field.name!r} has {len(array)} rows, the longest has {rows}")
        if not field.nullable and array.null_count:
            raise ValueError(f"{table.name}: column {field.name!r} may not be empty, but is in {array.null_count} rows")
        arrays.append(array)
    return _with_reason(table, pa.Table.from_arrays(arrays, schema=declared))


def column(values: object, kind: pa.DataType) -> pa.Array:
    """One column as Arrow: NaN becomes null, text becomes valid UTF-8, whatever holds the values."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        values = values.to_numpy(zero_copy_only=False) if pa.types.is_floating(kind) else values.to_pylist()
    if pa.types.is_list(kind):
        return _lists(values, kind)
    if pa.types.is_string(kind):
        return _strings(values)
    if pa.types.is_floating(kind):
        return _floats(values, kind)
    array = pa.array(values if isinstance(values, pd.Series | list) else np.asarray(values), from_pandas=True)
    return array.cast(kind)  # unlike a type given to pa.array, a cast refuses 0.5 as a layer


def encode(table: pa.Table) -> bytes:
    """The table as the bytes of a parquet file; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=3, write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def decode(table: Table, data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The declared table from a parquet file's bytes. Raises ValueError if its columns are not those declared.

    Args:
        columns: these alone, text as categories, which takes little time and room; None for all, as they are.
    """
    texts = None if columns is None else [name for name in columns if table.kind_of(name) == "text"]
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, read_dictionary=texts)
        check_columns(table, file.schema_arrow)
        return file.read(columns=columns, use_threads=False).replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


def stored_columns(path: Path) -> pa.Schema:
    """The columns of a parquet file, without its rows. Raises ValueError if it is damaged."""
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


def check_columns(table: Table, stored: pa.Schema) -> None:
    """Raises ValueError if the columns of a parquet file are not those declared."""
    declared = schema(table)
    names = stored.names
    types = {field.name: field.type for field in stored}
    types = {name: kind.value_type if pa.types.is_dictionary(kind) else kind for name, kind in types.items()}
    if names[: len(declared)] != declared.names or any(types[field.name] != field.type for field in declared):
        raise ValueError(f"its columns are not those of {table.name}")
    measures = names[len(declared) :]
    are_measures = all(types[name] == pa.float32() and is_measure_column(name) for name in measures)
    if measures and not (table.is_open and are_measures and len(set(names)) == len(names)):
        raise ValueError(f"it has columns that {table.name} does not have")


def read(data: bytes) -> pa.Table:
    """Any parquet file's bytes as a table. Raises ValueError if they are damaged."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        return file.read(use_threads=False).replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> ValueError:
    return ValueError(f"it is not a whole parquet file ({str(error).splitlines()[0][:120]})")


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A DataFrame: missing floats are NaN, whole numbers and flags that may be missing are Int64 and boolean.

    Lists are arrays that cannot be changed.
    """
    frame = table.to_pandas(use_threads=False, types_mapper=_NULLABLE.get)  # by way of floats, 2**63 - 1 would be lost
    for field in table.schema:
        if pa.types.is_list(field.type):  # an array in a cell is shared by all copies of the table
            for cell in frame[field.name]:
                if cell is not None:
                    cell.flags.writeable = False
    return frame.astype({field.name: _numpy_or_nullable(field) for field in table.schema if field.type in _NULLABLE})


_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.bool_(): pd.BooleanDtype()}


def _numpy_or_nullable(column: pa.Field) -> object:
    if not column.nullable:
        return column.type.to_pandas_dtype()
    return pd.Int64Dtype() if pa.types.is_integer(column.type) else _NULLABLE[column.type]


def schema(table: Table) -> pa.Schema:
    """The declared columns as Arrow's."""
    return pa.schema(
        [pa.field(name, ARROW[column.kind], nullable=not column.required) for name, column in table.columns.items()]
    )


def valid_text(text: str) -> str:
    r"""The text itself, with any lone surrogate written out, because UTF-8 has no bytes for it.

    >>> valid_text("a\ud800b")
    'a\\ud800b'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _columns(data: Columns) -> dict[str, object]:
    if isinstance(data, pd.DataFrame):
        return {str(name): data[name] for name in data.columns}
    if isinstance(data, pa.Table):
        return {name: data[name] for name in data.column_names}
    if isinstance(data, Mapping):
        return {name: values for name, values in data.items() if values is not None}
    rows = list(data)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _schema_for(table: Table, columns: Mapping[str, object]) -> pa.Schema:
    declared = schema(table)
    extra = [name for name in columns if name not in table.columns]
    unknown = [name for name in extra if not is_measure_column(name)] if table.is_open else extra
    if unknown:
        known = ", ".join(table.columns)
        raise ValueError(f"{table.name} has no column {', '.join(map(repr, unknown))}; it has {known}")
    needed = (name for name, column in table.columns.items() if column.required or table.is_result)
    missing = [name for name in needed if name not in columns]
    if missing and (columns or table.is_result):
        raise ValueError(f"{table.name}: column {', '.join(map(repr, missing))} is missing")
    return pa.schema([*declared, *(pa.field(name, pa.float32()) for name in extra)])


def _floats(values: object, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.asarray(values, dtype=np.float64)  # None becomes nan, bool becomes 0 or 1
    if numbers.ndim != 1:
        raise ValueError(f"a column has one dimension, not shape {numbers.shape}")
    with np.errstate(over="ignore"):
        return pa.array(numbers.astype(kind.to_pandas_dtype()), from_pandas=True)


def _strings(values: Iterable[object]) -> pa.Array:
    texts = values.to_list() if isinstance(values, pd.Series) else values
    if isinstance(texts, np.ndarray):
        texts = texts.tolist()
    try:
        return pa.array(texts, type=pa.string(), from_pandas=True)
    except UnicodeEncodeError:
        return pa.array(
            [valid_text(text) if isinstance(text, str) else text for text in texts], pa.string(), from_pandas=True
        )


def _lists(values: Iterable[object], kind: pa.DataType) -> pa.Array:
    """One list a row, through one flat array: token ids and per-token numbers are long."""
    rows = [None if _is_missing(row) else row for row in values]
    lengths = [0 if row is None else len(row) for row in rows]
    filled = [row for row in rows if row is not None]
    if pa.types.is_string(kind.value_type):
        flat = _strings([text for row in filled for text in row])
    else:
        numbers = np.concatenate([np.asarray(row) for row in filled if len(row)]) if any(lengths) else np.empty(0)
        flat = column(numbers if any(lengths) else [], kind.value_type)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, flat, type=kind, mask=pa.array([row is None for row in rows], pa.bool_()))


def _is_missing(row: object) -> bool:
    return row is None or row is pd.NA or (isinstance(row, float) and np.isnan(row))


def _with_reason(table: Table, arrow: pa.Table) -> pa.Table:
    """In a table of values with a status, a value that is not there may not be called "ok"."""
    kinds = {name: column.kind for name, column in table.columns.items()}
    if (kinds.get("value"), kinds.get("status")) != ("number", "text"):
        return arrow
    value, status = arrow["value"].to_pandas(), arrow["status"].to_pandas()
    silent = value.isna() & (status == "ok")
    if not silent.any():
        return arrow
    place = arrow.schema.get_field_index("status")
    return arrow.set_column(place, arrow.schema.field(place), pa.array(status.mask(silent, UNDEFINED).to_list()))
