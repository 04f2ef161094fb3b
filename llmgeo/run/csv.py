"""Tables as CSV that a spreadsheet shows and never runs. Knows no run; parquet is the format, this is a way out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.run import atomic

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8, one header line, lists as JSON, undefined values empty. Raises RunError if the disk refuses.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text there.
    """
    objects = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    shown = frame.assign(**{name: frame[name].map(cell) for name in objects})
    atomic.write_bytes(path, shown.to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace"))


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
