"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmgeo.experiments.weights.analysis import table_of
from llmgeo.measures.status import OK
from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.manifest import PAGE, heading, of_manifest, show_command
from llmgeo.report.notices import notices
from llmgeo.run import Run


@dataclass(frozen=True)
class Summary:
    """A finished run in short.

    Attributes:
        title: what was measured. status: of the run. counts: of matrices, in words.
        refused: what was not measured, and why. remarks: what is missing from the numbers.
        page: its file; None where it was not written.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    notices: tuple[str, ...]
    counts: str
    refused: tuple[str, ...]
    remarks: tuple[str, ...]
    path: Path
    page: Path | None
    show_command: str


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    page = run.path / PAGE
    remarks = []
    if run.status != "complete":
        remarks.append(f"This run is {run.status}: the command that started it continues where it stopped.")
    counts, vectors = of_manifest(run, "counts"), run.manifest.get("vectors")
    said = words.count(int(counts.get("matrices", 0)), "matrix", "matrices")
    if isinstance(vectors, int) and vectors:
        said += f"; {words.count(vectors, 'vector')} (norms, biases) have no spectrum"
    return Summary(
        title=(heading(run), str(of_manifest(run, "recipe").get("name", ""))),
        status=run.status,
        claims=claim_answers(run.claims, ("matrix or cloud", "matrices or clouds")),
        notices=notices(run),
        counts=said,
        refused=refused(run),
        remarks=tuple(remarks),
        path=run.path,
        page=page if page.is_file() else None,
        show_command=show_command(run.path),
    )


def refused(run: Run) -> tuple[str, ...]:
    """Matrices that were not measured: how many, of which kind, and why."""
    table = table_of(run, "matrices")
    table = table[table["status"] != OK]
    return tuple(
        f"{words.count(len(rows), 'matrix', 'matrices')} not measured: {words.reason(str(status))} "
        f"({', '.join(list(dict.fromkeys(rows['kind']))[:6])})"
        for status, rows in table.groupby("status", sort=False)
    )
