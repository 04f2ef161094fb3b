"""Tables as plain records, for JSON: lists and dicts of text, numbers and null. Knows tables; no run and no screen.

What is undefined is null (never NaN, which is no JSON), next to the status that says why.
"""

import math

import numpy as np
import pandas as pd

from llmgeo.report.words import is_missing


def rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a table, with None wherever a value is missing or infinite, and lists as lists.

    >>> rows(pd.DataFrame({"layer": pd.array([1, None], "Int64"), "auc": [0.5, float("nan")], "a": ["x", None]}))
    [{'layer': 1, 'auc': 0.5, 'a': 'x'}, {'layer': None, 'auc': None, 'a': None}]
    """
    columns = {name: [_plain(value) for value in column.tolist()] for name, column in frame.items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | list):  # a column of lists
        return [_plain(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if is_missing(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value
