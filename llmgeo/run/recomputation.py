"""Computes the results of a run again from what was measured, while nobody else writes it. Knows no statistics."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from llmgeo.run import layout, lock, manifest, reader, results
from llmgeo.run.declaration import Declaration

Frames = Mapping[str, pd.DataFrame]


def recompute(
    path: Path | str,
    compute: Callable[[reader.Run], Frames],
    declaration: Declaration,
    recipe_source: bytes | None = None,
    count: Callable[[reader.Run], Mapping[str, int]] | None = None,
) -> reader.Run:
    """Replaces results/ by what `compute` makes of the run. Nothing measured is touched.

    A run that is partial stays so: its results are those of the units that are finished. The manifest declares the new
    results from then on: an older llmgeo may have declared fewer columns, or other tables.

    Args:
        compute: makes every declared result of a run, by name; and the measured tables that the results are computed
            from, where those are not the run's own.
        declaration: of the results; the run's own declares what was measured.
        recipe_source: the bytes of the recipe that they answer, where it is not the run's own; kept beside them.
        count: how many samples and so on the run holds, for its manifest.

    Returns:
        The run with its new results.

    Raises:
        UsageError: the path is no run.
        RunError: another process is writing it, or the disk refuses. Whatever `compute` raises leaves all as it was.
        CorruptRunError: the run is damaged.

    >>> import tempfile
    >>> from llmgeo.run import create_or_resume
    >>> from llmgeo.run.declaration import CLAIMS, SAMPLES
    >>> folder, declaration = Path(tempfile.mkdtemp()), Declaration([SAMPLES, CLAIMS])
    >>> with create_or_resume(folder, {"model": "toy"}, b"", {"seed": 0}, declaration) as writer:
    ...     _ = writer.write_unit("00000", {"samples": [{"sample": "a", "condition": "greedy", "prompt": "p1"}]})
    >>> nothing = {"claims": pd.DataFrame(columns=list(CLAIMS.columns))}
    >>> recompute(folder, lambda run: nothing, declaration).claims.empty
    True
    """
    opened = reader.open(path)
    run = opened.path
    layout.refuse_links(run, opened.declaration)
    with lock.locked(run):
        opened = reader.open(run)  # under the lock: nothing grows between reading and writing
        frames = compute(opened)
        declared = opened.declaration.with_results(declaration)
        data = results.encode(declared, frames)  # before anything changes: what cannot be written leaves all as it was
        counts = None if count is None else count(opened)
        results.remove(run, opened.declaration)
        stored, units = manifest.declaring(opened.manifest, declared), len(opened.units)
        results.replace(run, stored, declared, data, units, recipe_source, counts)
    return reader.open(run)
