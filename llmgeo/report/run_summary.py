"""What there is to say of a finished run of any experiment, as plain data. Knows the manifest and the claims.

A room that has more to say extends it. Draws nothing; `room_screen` and the page's `room_page` are made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from llmgeo.report.claims import TEXTS, ClaimAnswer, claim_answers
from llmgeo.report.manifest import PAGE, heading, of_manifest, recipe_name, show_command, stopped
from llmgeo.report.notices import notices
from llmgeo.run import Run


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A finished run in short.

    Attributes:
        title: models, recipe and size: the parts of one line.
        status: "complete", or what else became of the run.
        claims: in the recipe's order.
        notices: what must be read before any number.
        counts: of prompts, samples and whatever else is counted, as far as the run tells them.
        remarks: what is missing from the numbers.
        path: the run's folder.
    """

    title: tuple[str, ...]
    status: str
    claims: tuple[ClaimAnswer, ...]
    notices: tuple[str, ...]
    counts: Mapping[str, int]
    remarks: tuple[str, ...]
    path: Path

    @classmethod
    def of(
        cls,
        run: Run,
        counted: tuple[str, str] = TEXTS,
        remarks: Iterable[str] = (),
        size: Iterable[str] = (),
        **own: Any,
    ) -> Self:
        """The summary of a run.

        Args:
            counted: what stands on the sides of a claim, one of it and several.
            remarks: what else is missing from the numbers, beside an end that came early and texts that failed.
            size: the rest of the title, behind models and recipe.
            own: the attributes that a room's own summary adds.

        Raises:
            RunError: the results were not computed yet. CorruptRunError: they are damaged.
        """
        counts = of_manifest(run, "counts")
        early = [stopped(run.status)] if run.status != "complete" else []
        failed = counts.get("failed")
        lost = [f"{failed} of {counts.get('samples')} texts could not be measured."] if failed else []
        return cls(
            title=tuple(part for part in (heading(run), recipe_name(run), *size) if part),
            status=run.status,
            claims=claim_answers(run.claims, counted),
            notices=notices(run),
            counts=counts,
            remarks=(*early, *lost, *remarks),
            path=run.path,
            **own,
        )

    @property
    def page(self) -> Path | None:
        """The run's HTML page, if it has been written."""
        page = self.path / PAGE
        return page if page.is_file() else None

    @property
    def show_command(self) -> str:
        return show_command(self.path)

    @property
    def remarks_of_page(self) -> tuple[str, ...]:
        """Those that a page prints: the status has a banner of its own there."""
        return self.remarks[self.status != "complete" :]
