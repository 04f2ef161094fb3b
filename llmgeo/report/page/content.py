"""What a page consists of, whatever experiment it is of: origin, claims, remarks, drawings. Knows no experiment.

An experiment fills in a `Page`, most of it by `room_page`; one that has no template of its own is drawn as its claims
and a few tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.provenance import Origin, origin, recipe_of
from llmgeo.report.records import rows
from llmgeo.report.run_summary import RunSummary
from llmgeo.run import Run

KIT = "llmgeo.report.page"

KIT_PARTS = ("base", "numbers", "axes", "state", "menu", "claims")
"""Scripts that every page needs, in order."""

FIGURES = (*KIT_PARTS, "saving", "figures")
"""The same, and those of pictures that can be enlarged and saved."""


@dataclass(frozen=True)
class Options:
    """How much the page may hold: bytes of each part, as they stand in the file.

    Attributes:
        text_bytes: token measures of the token view.
        value_bytes: every text's values behind the contrasts.
        trajectory_bytes: coordinates of the trajectories.
        umap_layers: for how many layers a UMAP is made, where states were kept; 0 for none.
        umap_points: tokens in each.
    """

    text_bytes: int = 4_000_000
    value_bytes: int = 1_000_000
    trajectory_bytes: int = 1_500_000
    umap_layers: int = 3
    umap_points: int = 1_600


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything a page says.

    Attributes:
        origin: where its numbers come from.
        status: of the run. claims: its answers.
        headline: a sentence that the story begins with, before what the claims came to.
        notices: what must be read before any number. remarks: what is missing from them.
        data: what the scripts draw, as JSON.
        recipe: that the results answer, as plain data: its conditions are explained in the glossary.
        package: the package that holds the template and the script.
        template: the file that the page is made of. script: the file with its views. more_scripts: files that add to
            them, by their paths in the package.
        parts: scripts of the kit that the page's views need, in order.
        context: what else the template prints.
    """

    origin: Origin
    status: str
    claims: tuple[ClaimAnswer, ...]
    headline: str = ""
    notices: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    package: str
    template: str = "page.html.j2"
    script: str = "page.js"
    more_scripts: tuple[str, ...] = ()
    parts: tuple[str, ...] = KIT_PARTS
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TableSection:
    """A table of a page: its title, a remark, its columns and the cells of its rows as text."""

    title: str
    remark: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


def room_page(
    run: Run,
    summary: RunSummary,
    package: str,
    data: Mapping[str, Any] | None = None,
    parts: tuple[str, ...] = KIT_PARTS,
    **more: Any,
) -> Page:
    """The page of a room: what every page says of its run, and what the room adds.

    Args:
        package: the room's, with a `page.html.j2` and a `page.js`.
        data: what the room's scripts draw, beside claims and the words of reasons.
        parts: scripts of the kit that they need, in order.
        more: any other attribute of the page, instead of what the summary says or beside it.
    """
    said: dict[str, Any] = {
        "origin": origin(run),
        "status": summary.status,
        "claims": summary.claims,
        "notices": summary.notices,
        "remarks": summary.remarks_of_page,
        "seconds": run.seconds,
        "recipe": recipe_of(run),
    }
    drawn = {
        "claims": [claim_entry(claim) for claim in summary.claims],
        "conditions": [],
        "curves": [],
        **(data or {}),
        "reasons": {status: words.reason(status) for status in words.REASONS},
    }
    return Page(package=package, data=drawn, parts=parts, **said | more)


def plain_page(run: Run, sections: Sequence[tuple[str, str, pd.DataFrame]] = ()) -> Page:
    """The page of a run whose experiment draws none of its own: claims, and a table for each section."""
    return room_page(
        run,
        RunSummary.of(run),
        KIT,
        template="plain.html.j2",
        script="scripts/plain.js",
        context={"sections": [_table(*section) for section in sections]},
    )


def _table(title: str, remark: str, frame: pd.DataFrame) -> TableSection:
    cells = tuple(tuple(_cell(name, value) for name, value in row.items()) for row in rows(frame))
    return TableSection(title, remark, tuple(map(str, frame.columns)), cells)


def _cell(name: str, value: object) -> str:
    if value is None:
        return "–"
    return words.value(name, value) if isinstance(value, float) else str(value)
