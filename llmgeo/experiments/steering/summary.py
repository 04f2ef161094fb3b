"""What there is to say of a run of the room, as plain data. Knows the manifest and the results; draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmgeo.experiments.steering.sentences import said
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.manifest import PAGE, heading, of_manifest, show_command
from llmgeo.report.notices import notices
from llmgeo.run import Run


@dataclass(frozen=True)
class Summary:
    """A finished run in short.

    Attributes:
        title: model and recipe. status: of the run. counts: prompts, samples, loops.
        said: which ways loop less, and where the thresholds are from.
        page: its file; None where it was not written.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    notices: tuple[str, ...]
    counts: Mapping[str, int]
    said: tuple[str, ...]
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
    return Summary(
        title=(heading(run), str(of_manifest(run, "recipe").get("name", ""))),
        status=run.status,
        claims=claim_answers(run.claims),
        notices=notices(run),
        counts=of_manifest(run, "counts"),
        said=said(run),
        remarks=tuple(remarks),
        path=run.path,
        page=page if page.is_file() else None,
        show_command=show_command(run.path),
    )
