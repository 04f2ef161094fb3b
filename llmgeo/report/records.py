"""A run's results as plain records, for JSON: lists and dicts of text, numbers and null. Knows no screen.

What is undefined is null (never NaN, which is no JSON), next to the status that says why.
"""

import math
from dataclasses import asdict

import numpy as np
import pandas as pd

from llmgeo.engine import registry
from llmgeo.report.notices import notices
from llmgeo.report.refused import refused_of
from llmgeo.report.words import is_missing
from llmgeo.run import Run


def as_records(run: Run) -> dict[str, object]:
    """Everything a program needs of a finished run: where it is, its manifest and its result tables.

    Returns:
        `path`, `status`, `manifest`; `notices`: sentences that must be read before any number; `results_recipe`, null
        unless the results answer another recipe than the run's own: that recipe's name; every declared result
        (`claims`, `layers`, …) as one dict a row; `refused`: how many estimates of each measure were not trusted, and
        why; and whatever else its experiment shows, such as the `positions` and `matrices` of a comparison.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: they are damaged.
    """
    return {
        "path": str(run.path),
        "status": run.status,
        "manifest": run.manifest,
        "notices": list(notices(run)),
        "results_recipe": None if run.results_recipe is None else str(run.results_recipe.get("name")),
        **{name: rows(run.table(name)) for name in sorted(table.name for table in run.declaration.results)},
        "refused": _refused(run),
        **registry.experiment_of(run).records(run),
    }


def _refused(run: Run) -> list[dict[str, object]]:
    if run.declaration.table("estimates") is None:
        return []
    return [asdict(refused) for refused in refused_of(run)]


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
