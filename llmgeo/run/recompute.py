"""Computes the results of a run again from what was measured, while nobody else writes it. Knows no statistics."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from llmgeo.run import layout, lock, reader, results

Tables = Mapping[str, pd.DataFrame]


def recompute(
    path: Path | str, compute: Callable[[reader.Run], Tables], recipe_source: bytes | None = None
) -> reader.Run:
    """Replaces results/ by what `compute` makes of the run: layers, contrasts, claims. Nothing measured is touched.

    A run that is partial stays so: its results are those of the units that are finished.

    Args:
        compute: from the run to its tables by name: layers, contrasts and claims, columns as in `results.COLUMNS`,
            further ones are kept; and samples and estimates, where they are computed from others than the run's.
        recipe_source: the bytes of the recipe that they answer, where it is not the run's own; kept beside them.

    Returns:
        The run with its new results.

    Raises:
        UsageError: the path is no run.
        RunError: another process is writing it, or the disk refuses. Whatever `compute` raises leaves all as it was.
        CorruptRunError: the run is damaged.

    >>> import tempfile
    >>> from llmgeo.run import create_or_resume
    >>> folder = Path(tempfile.mkdtemp())
    >>> with create_or_resume(folder, {"model": "toy"}, b"", {"seed": 0}) as writer:
    ...     _ = writer.write_unit("00000", [{"sample": "a", "condition": "greedy", "prompt": "p1"}])
    >>> nothing = {name: pd.DataFrame(columns=list(columns)) for name, columns in results.COLUMNS.items()}
    >>> recompute(folder, lambda run: nothing).claims.empty
    True
    """
    run = reader.open(path).path
    layout.refuse_links(run)
    with lock.locked(run):
        tables = compute(reader.open(run))  # opened under the lock: nothing grows between reading and writing
        results.write(run, tables, recipe_source)
    return reader.open(run)
