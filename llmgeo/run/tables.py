"""The tables of a run: their columns, how columns become parquet, and how parquet becomes pandas. Knows no folder.

The same content gives the same bytes (no timestamps, one thread, fixed settings), so that a run that was interrupted
and resumed equals one that was not. An undefined number is null, never NaN; a lone surrogate, which UTF-8 cannot hold,
is written as the six characters that name it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def _field(name: str, kind: pa.DataType, required: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=not required)


SAMPLES = pa.schema(
    [
        _field("sample", pa.string(), required=True),
        _field("condition", pa.string(), required=True),
        _field("prompt", pa.string(), required=True),
        _field("prompt_text", pa.string()),
        _field("path", pa.string()),  # generate | read
        _field("prompt_length", pa.int64()),
        _field("token_ids", pa.list_(pa.int32())),
        _field("tokens", pa.list_(pa.string())),
        _field("text", pa.string()),
        _field("finish_reason", pa.string()),
        _field("seed", pa.int64()),
        _field("label", pa.string()),  # loop | fluent
        _field("rep_4", pa.float64()),
        _field("entropy", pa.float64()),  # nats, mean over the window
        _field("surprisal", pa.float64()),  # nats, mean over the window
        _field("token_entropy", pa.list_(pa.float32())),
        _field("token_surprisal", pa.list_(pa.float32())),
        _field("window_start", pa.int64()),
        _field("window_stop", pa.int64()),
        _field("error", pa.string()),
    ]
)
TOKENS = pa.schema(
    [
        _field("sample", pa.string(), required=True),
        _field("layer", pa.int32(), required=True),
        _field("token", pa.int32(), required=True),
        _field("axis", pa.string(), required=True),  # token | depth
    ]
)  # and one float32 column a measure
ESTIMATES = pa.schema(
    [
        _field("sample", pa.string(), required=True),
        _field("layer", pa.int32()),  # null for a path along the depth axis
        _field("measure", pa.string(), required=True),
        _field("axis", pa.string()),  # token | depth
        _field("cloud", pa.string()),  # text | none
        _field("n", pa.int64()),
        _field("n_unique", pa.int64()),
        _field("value", pa.float64()),
        _field("standard_error", pa.float64()),
        _field("null", pa.float64()),
        _field("status", pa.string(), required=True),
    ]
)
SCHEMAS = {"samples": SAMPLES, "tokens": TOKENS, "estimates": ESTIMATES}

UNDEFINED = "undefined"  # the status of a value that is missing though its measure said "ok"

_MEASURE_NAME = re.compile(r"[a-z][a-z0-9_]*")

Columns = Mapping[str, object] | Sequence[Mapping[str, object]] | pa.Table | pd.DataFrame


def build(kind: str, data: Columns) -> pa.Table:
    """The Arrow table of one kind: every column of its schema, in order, with the schema's types.

    Args:
        kind: "samples", "tokens" or "estimates".
        data: columns by name (lists, numpy arrays, CPU tensors), rows as mappings, a DataFrame or an Arrow table.
            "tokens" takes any further column as a measure and stores it as float32. A column left out is null.

    Raises:
        ValueError: a required column is missing, a column is not known, a value does not fit its column.

    >>> table = build("estimates", [{"sample": "a", "measure": "two_nn", "value": float("nan"), "status": "ok"}])
    >>> table["value"].to_pylist(), table["status"].to_pylist()
    ([None], ['undefined'])
    """
    columns = _columns(data)
    schema = _schema_for(kind, columns)
    rows = max((len(values) for values in columns.values()), default=0)
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        try:
            array = pa.nulls(rows, field.type) if values is None else column(values, field.type)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{kind}: column {field.name!r} cannot be stored as {field.type}: {error}") from error
        if len(array) != rows:
            raise ValueError(f"{kind}: column {field.name!r} has {len(array)} rows, the longest has {rows}")
        if not field.nullable and array.null_count:
            raise ValueError(f"{kind}: column {field.name!r} may not be empty, but is in {array.null_count} rows")
        arrays.append(array)
    table = pa.Table.from_arrays(arrays, schema=schema)
    return _with_reason(table) if kind == "estimates" else table


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
    found = pa.array(values if isinstance(values, pd.Series | list) else np.asarray(values), from_pandas=True)
    return found.cast(kind)  # unlike a type given to pa.array, a cast refuses 0.5 as a layer


def to_parquet(table: pa.Table) -> bytes:
    """The table as the bytes of a parquet file; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=3, write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def from_parquet(kind: str, data: bytes) -> pa.Table:
    """The table of one kind from a parquet file's bytes. Raises ValueError if its columns are not those of its kind."""
    table = read_parquet(data)
    schema = SCHEMAS[kind]
    core, measures = table.schema.names[: len(schema)], table.schema.names[len(schema) :]
    types = {field.name: field.type for field in table.schema}
    if core != schema.names or any(types[field.name] != field.type for field in schema):
        raise ValueError(f"its columns are not those of {kind}")
    if measures and (kind != "tokens" or any(types[name] != pa.float32() for name in measures)):
        raise ValueError(f"it has columns that {kind} does not have")
    return table


def read_parquet(data: bytes) -> pa.Table:
    """Any parquet file's bytes as a table. Raises ValueError if they are damaged."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        return file.read(use_threads=False).replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"it is no whole parquet file ({str(error).splitlines()[0][:120]})") from error


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A DataFrame: missing floats are NaN, integers that may be missing are pandas' Int64."""
    frame = table.to_pandas(use_threads=False)
    optional = [field.name for field in table.schema if field.nullable and pa.types.is_integer(field.type)]
    return frame.astype(dict.fromkeys(optional, "Int64"))


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


def _schema_for(kind: str, columns: Mapping[str, object]) -> pa.Schema:
    schema = SCHEMAS[kind]
    extra = [name for name in columns if name not in schema.names]
    unknown = extra if kind != "tokens" else [name for name in extra if not _MEASURE_NAME.fullmatch(name)]
    if unknown:
        raise ValueError(f"{kind} has no column {', '.join(map(repr, unknown))}; it has {', '.join(schema.names)}")
    missing = [field.name for field in schema if not field.nullable and field.name not in columns]
    if missing and columns:
        raise ValueError(f"{kind}: column {', '.join(map(repr, missing))} is missing")
    measures = [pa.field(name, pa.float32()) for name in extra]
    return pa.schema([*schema, *measures])


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


def _with_reason(estimates: pa.Table) -> pa.Table:
    """A value that is not there may not be called "ok"."""
    value, status = estimates["value"].to_pandas(), estimates["status"].to_pandas()
    silent = value.isna() & (status == "ok")
    if not silent.any():
        return estimates
    place = estimates.schema.get_field_index("status")
    return estimates.set_column(
        place, estimates.schema.field(place), pa.array(status.mask(silent, UNDEFINED).to_list())
    )
