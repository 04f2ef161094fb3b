"""What there is to say of a run of the room, as plain data. Knows the manifest and the claims; draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.claims import ClaimAnswer, claim_answers
from llmgeo.report.manifest import PAGE, heading, of_manifest, show_command
from llmgeo.report.notices import notices
from llmgeo.report.refused import Refused, refused_of
from llmgeo.run import Run
from llmgeo.user_file import UserFile


@dataclass(frozen=True)
class Summary:
    """A finished run in short.

    Attributes:
        title: model and recipe. status: of the run. counts: prompts and samples.
        remarks: what is missing from the numbers.
        page: its file; None where it was not written.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    notices: tuple[str, ...]
    counts: Mapping[str, int]
    remarks: tuple[str, ...]
    refused: tuple[Refused, ...]
    path: Path
    page: Path | None
    show_command: str


def summarize(run: Run) -> Summary:
    """Raises RunError where the results were not computed yet, CorruptRunError where they are damaged."""
    counts = of_manifest(run, "counts")
    page = run.path / PAGE
    return Summary(
        title=(heading(run), recipe_of(run).name),
        status=run.status,
        claims=claim_answers(run.claims),
        notices=notices(run),
        counts=counts,
        remarks=tuple(_remarks(run, counts)),
        refused=tuple(refused_of(run)),
        path=run.path,
        page=page if page.is_file() else None,
        show_command=show_command(run.path),
    )


def recipe_of(run: Run) -> DepthRecipe:
    """The recipe that the run's results answer."""
    source = run.results_recipe_source or run.recipe_source
    return parse_recipe(UserFile("recipe.toml", source, None))


def _remarks(run: Run, counts: Mapping) -> list[str]:
    remarks = []
    if run.status != "complete":
        remarks.append(f"This run is {run.status}: the command that started it continues where it stopped.")
    if failed := counts.get("failed"):
        remarks.append(f"{failed} of {counts.get('samples')} texts could not be measured.")
    return remarks
