"""A finished run on a terminal, whatever experiment it is of: its claims and where it is. Knows Rich; no experiment."""

from collections.abc import Sequence

from rich.console import Group

from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.claims import claim_answers
from llmgeo.report.common_parts import chosen
from llmgeo.report.manifest import PAGE, heading, of_manifest
from llmgeo.report.notices import notices
from llmgeo.report.screen import heading as bold_line
from llmgeo.report.screen import indented, notice_lines, place, text
from llmgeo.run import Run


def plain_screen(run: Run, width: int, parts: Sequence[str] = ()) -> Group:
    """Heading, claims, how many texts there are, where the run and its page lie; or the parts that were asked for."""
    recipe = run.manifest.get("recipe")
    title = [heading(run), *([str(recipe["name"])] if isinstance(recipe, dict) and "name" in recipe else [])]
    counts, page = of_manifest(run, "counts"), run.path / PAGE
    if parts:
        own = {"claims": lambda: claims(claim_answers(run.claims), width)}
        lines = chosen(run, width, parts, own)
        return Group(text(" · ".join(title), "bold"), *notice_lines(notices(run)), *lines)
    unfinished = f"This run is {run.status}: the command that started it continues where it stopped."
    return Group(
        text(" · ".join(title), "bold"),
        *notice_lines(notices(run)),
        *claims(claim_answers(run.claims), width),
        *([bold_line(words.count(counts["samples"], "text"))] if counts.get("samples") else []),
        *([indented(text(unfinished, "yellow"))] if run.status != "complete" else []),
        place("run", run.path),
        *([place("page", page)] if page.is_file() else []),
    )
