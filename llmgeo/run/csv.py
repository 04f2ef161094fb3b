"""Tables as CSV that a spreadsheet shows and never runs. Knows no run; parquet is the format, this a way out of it."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.run import atomic

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_BOTH = "\r\n"


def write(frame: pd.DataFrame, path: Path) -> None:
    """Writes the text of a table as UTF-8. Raises RunError if the disk refuses."""
    atomic.write_bytes(path, text(frame).encode("utf-8", "backslashreplace"))


def text(frame: pd.DataFrame, escaped: bool = False) -> str:
    """One header line, lists as JSON, undefined values empty.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text there.

    Args:
        escaped: for a terminal: control characters, line ends and whatever hides or reorders text are named, as in
            `literal`; a row is one line.
    """
    objects = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    cells = frame.assign(**{name: frame[name].map(_escaped if escaped else cell) for name in objects})
    rows = _Rows(newline="")
    cells.to_csv(rows, index=False, lineterminator=_BOTH)
    return rows.getvalue()


class _Rows(io.StringIO):
    """Takes one row at a time, and ends it with a line feed.

    Python before 3.13 quotes a carriage return or line feed only where rows end with it, and readers end rows at both.
    """

    def write(self, row: str) -> int:
        return super().write(f"{row.removesuffix(_BOTH)}\n")


def cell(value: object) -> object:
    r"""
    >>> cell('=HYPERLINK("http://x")'), cell("plain"), cell([1, 2]), cell(["a", "=b"])
    ('\'=HYPERLINK("http://x")', 'plain', '[1, 2]', '["a", "=b"]')
    """
    if isinstance(value, list | np.ndarray):
        items = value.tolist() if isinstance(value, np.ndarray) else value
        return json.dumps([None if item != item else item for item in items])
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _escaped(value: object) -> object:
    return cell(literal(value) if isinstance(value, str) else value)
