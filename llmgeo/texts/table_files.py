"""The rows of a file of texts, one after the other, with where each stands: JSONL, CSV, parquet, a folder of .txt.

Reads bytes that anybody may have written: nothing is executed, a file that would not fit into memory is refused before
it is read or while it is, and whatever is wrong is told with file and line. Does not know what the columns mean.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from llmgeo.errors import RecipeError
from llmgeo.messages import shown
from llmgeo.user_file import UserFile, decode, read_path

MOST_BYTES = 1 << 30
"""Of a file, and of the characters in its rows: a parquet file may hold far more than its bytes tell."""

MOST_ROWS = 1_000_000

Rows = Iterator[tuple[str, Mapping[Any, Any]]]
"""Where each row stands, and its values by column."""

_EXAMPLE = '{"text": "Once upon a time", "label": "human"}'
_ROWS_AT_ONCE = 64


def rows_of(path: Path) -> tuple[str, list[str] | None, Rows]:
    """The rows of a file or folder.

    Returns:
        Its name, for messages; its columns, where it names them once for all rows; its rows.

    Raises:
        RecipeError: there is no such file, or it is none of the formats; what is wrong inside comes with the rows.
    """
    if path.is_dir():
        return shown(path, width=200), None, _of_folder(path)
    read = _READERS.get(path.suffix.lower())
    if read is None:
        formats = ", ".join(_READERS)
        problem = "is no table of texts" if path.exists() else "is not there, and its name is none of a table of texts"
        raise RecipeError(
            f"{shown(path, width=200)} {problem}: give a file whose name ends in {formats}, or a folder of .txt files"
        )
    _check_size(path)
    file = read_path(path, "give the path of a table of texts, or of a folder of .txt files")
    columns, rows = read(file)
    return file.name, columns, rows


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        return  # reading it says why
    if size > MOST_BYTES:
        raise RecipeError(
            f"{shown(path, width=200)} has {size:,} bytes, and at most {MOST_BYTES:,} are read. Split it, or take out "
            "the columns that are not needed"
        )


# -- JSONL ------------------------------------------------------------------------------------------------------------


def _jsonl(file: UserFile) -> tuple[None, Rows]:
    # Only "\n" ends a line: splitlines() would also cut at characters that a text may contain.
    lines = enumerate(decode(file).split("\n"), start=1)
    placed = ((f"{file.name}:{number}", line) for number, line in lines if line.strip())
    return None, ((where, _object(line, where)) for where, line in placed)


def _object(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line, object_pairs_hook=_each_once)
    except _TwiceError as twice:
        raise RecipeError(f"{where}: the key {shown(twice.args[0])} stands twice; remove one") from None
    except RecursionError:
        raise RecipeError(f"{where}: this is nested too deeply; write {_EXAMPLE}") from None
    except ValueError as error:
        is_syntax = isinstance(error, json.JSONDecodeError)
        reason = f"{error.msg} at column {error.colno}" if is_syntax else "a number has too many digits"
        raise RecipeError(f"{where}: this is not JSON: {reason}. Every line is one object, like {_EXAMPLE}") from None
    if not isinstance(row, dict):
        raise RecipeError(f"{where}: {shown(row)} is not an object; write {_EXAMPLE}")
    return row


class _TwiceError(Exception):
    """A key stands twice in an object: a dict would drop one of them without a word."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


# -- CSV --------------------------------------------------------------------------------------------------------------


def _csv(file: UserFile, delimiter: str = ",") -> tuple[list[str], Rows]:
    text = decode(file)
    before = csv.field_size_limit(MOST_BYTES)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = _lines(file, reader)
        header = next(lines, (1, []))[1]
        return header, iter([(where, row) for where, row in _with_names(file, header, lines)])
    finally:
        csv.field_size_limit(before)


def _lines(file: UserFile, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line that it begins on."""
    first = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise RecipeError(
                f"{file.name}:{first}: this is not CSV ({error}); quote a text that has commas or line ends, and write "
                'its own quotes twice: "He said ""no"", and left"'
            ) from None
        if row is None:
            return
        if row:
            yield first, row
        first = reader.line_num + 1


def _with_names(file: UserFile, header: list[str], lines: Iterator[tuple[int, list[str]]]) -> Rows:
    for line, row in lines:
        if len(row) != len(header):
            raise RecipeError(
                f"{file.name}:{line}: {len(row)} fields, and the first line names {len(header)} columns "
                f"({', '.join(map(shown, header[:8]))}); quote a text that has commas or line ends"
            )
        named = zip(header, row, strict=True)
        yield f"{file.name}:{line}", {name: value if value.strip() else None for name, value in named}


# -- parquet ----------------------------------------------------------------------------------------------------------


def _parquet(file: UserFile) -> tuple[list[str], Rows]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(file.source))
        columns = list(table.schema_arrow.names)
        count = table.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _not_parquet(file, error) from None
    if count > MOST_ROWS:
        raise RecipeError(f"{file.name} has {count:,} rows, and at most {MOST_ROWS:,} are read; split it")
    return columns, _rows_of_parquet(file, table)


def _rows_of_parquet(file: UserFile, table: Any) -> Rows:
    """A few rows at a time: a file of some kilobytes may hold gigabytes."""
    import pyarrow as pa

    number = 0
    try:
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
            if batch.nbytes > MOST_BYTES:
                raise too_much(file.name)
            for row in batch.to_pylist():
                number += 1
                yield f"{file.name}, row {number}", row
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _not_parquet(file, error) from None


def _not_parquet(file: UserFile, error: Exception) -> RecipeError:
    reason = shown(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    return RecipeError(f"{file.name} is no parquet file that can be read ({reason}); write it again, or as .jsonl")


def too_much(name: str) -> RecipeError:
    """The error for a table whose rows would not fit into memory."""
    return RecipeError(f"the rows of {name} have more than {MOST_BYTES:,} characters; split it")


# -- a folder ---------------------------------------------------------------------------------------------------------


def _of_folder(folder: Path) -> Rows:
    """Each .txt file is a text; those of a folder inside have its name as their label."""
    name = shown(folder, width=200)
    files = sorted([*folder.glob("*.txt"), *folder.glob("*/*.txt")])
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not files:
        raise RecipeError(
            f"{name} holds no .txt file, nor does a folder in it; put one text into each file, and those of a label "
            "into a folder of that name"
        )
    for path in files:
        _check_size(path)
        file = read_path(path, "take it out of the folder")
        inside = path.relative_to(folder)
        label = {"label": inside.parts[0]} if len(inside.parts) > 1 else {}
        yield file.name, {"id": inside.with_suffix("").as_posix(), "text": decode(file).removesuffix("\n"), **label}


_READERS: dict[str, Callable[[UserFile], tuple[list[str] | None, Rows]]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".tsv": lambda file: _csv(file, "\t"),
    ".parquet": _parquet,
}
