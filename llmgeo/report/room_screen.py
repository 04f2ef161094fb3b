"""The screens of a room, whichever it is: what stands around its own parts. Knows Rich and a run's summary.

Computes no number, and does not know what a room's own parts are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.run_summary import RunSummary
from llmgeo.report.screen import heading, indented, notice_lines, place, text
from llmgeo.run import Run

Lines = Iterable[RenderableType]


def first_screen(summary: RunSummary, width: int, own: Lines, has_title: bool = True, opening: Lines = ()) -> Group:
    """What a person reads when a run has finished.

    Args:
        own: what the room shows behind the claims.
        has_title: whether to begin with the line that says what was run; the progress said it already.
        opening: what the room shows before them.
    """
    return Group(
        *([_title(summary)] if has_title else []),
        *notice_lines(summary.notices),
        *opening,
        *claims(summary.claims, width, in_short=True),
        *own,
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(
    run: Run,
    summary: RunSummary,
    width: int,
    names: Sequence[str],
    own: Mapping[str, Callable[[], Lines]],
    opening: Lines = (),
) -> Group:
    """The parts of these names, whole.

    Args:
        own: what makes the parts that the room has beside its claims.
        opening: what the room shows before them.
    """
    parts = chosen(run, width, names, {"claims": lambda: claims(summary.claims, width), **own})
    notices = notice_lines(summary.notices)
    return Group(_title(summary), *notices, *opening, *parts, Text(), place("run", summary.path))


def counts(said: str, remarks: Iterable[str]) -> Iterator[RenderableType]:
    """How much was measured, if that is told, and what is missing from it."""
    yield heading(said) if said else Text()
    for remark in remarks:
        yield indented(text(remark, "yellow"))


def _title(summary: RunSummary) -> Text:
    return text(" · ".join(summary.title), "bold")
