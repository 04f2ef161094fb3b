"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmgeo.escape import literal
from llmgeo.experiments.weights.analysis import table_of
from llmgeo.measures.status import OK
from llmgeo.report import words
from llmgeo.report.manifest import of_manifest
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run

MOST_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """A finished run in short.

    Attributes:
        measured: how many matrices, in words. refused: what was not measured, and why.
    """

    measured: str
    refused: tuple[str, ...]


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    counts, vectors = of_manifest(run, "counts"), run.manifest.get("vectors")
    measured = words.count(int(counts.get("matrices", 0)), "matrix", "matrices")
    if isinstance(vectors, int) and vectors:
        measured += f"; {words.count(vectors, 'vector')} (norms, biases) have no spectrum"
    return Summary.of(run, ("matrix or cloud", "matrices or clouds"), measured=measured, refused=refused(run))


def refused(run: Run) -> tuple[str, ...]:
    """Matrices that were not measured: how many, of which kind, and why."""
    table = table_of(run, "matrices")
    table = table[table["status"] != OK]
    return tuple(
        f"{words.count(len(rows), 'matrix', 'matrices')} not measured: {words.reason(str(status))} "
        f"({_named(rows['kind'])})"
        for status, rows in table.groupby("status", sort=False)
    )


def _named(kinds: Iterable[str]) -> str:
    """The kinds, each once; of many the first ones, and how many more."""
    names = [literal(kind) for kind in dict.fromkeys(kinds)]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f", and {more} more kinds" if more > 0 else "")
