"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmgeo.experiments.landscape.sentences import remarks
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.manifest import PAGE, heading, of_manifest, show_command
from llmgeo.report.notices import notices
from llmgeo.run import Run


@dataclass(frozen=True)
class Summary:
    """A finished run in short.

    Attributes:
        title: what was measured. status: of the run. points, texts: how many.
        remarks: what is missing from the numbers. page: its file; None where it was not written.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    notices: tuple[str, ...]
    points: int
    texts: int
    remarks: tuple[str, ...]
    path: Path
    page: Path | None
    show_command: str


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    page, counts = run.path / PAGE, of_manifest(run, "counts")
    missing = list(remarks(run))
    if run.status != "complete":
        missing.append(f"This run is {run.status}: the command that started it continues where it stopped.")
    return Summary(
        title=(heading(run), str(of_manifest(run, "recipe").get("name", ""))),
        status=run.status,
        claims=claim_answers(run.claims),
        notices=notices(run),
        points=int(counts.get("points", 0)),
        texts=int(counts.get("texts", 0)),
        remarks=tuple(missing),
        path=run.path,
        page=page if page.is_file() else None,
        show_command=show_command(run.path),
    )
