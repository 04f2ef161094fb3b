"""Claims with their verdicts on a terminal. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.screen import NARROW, WIDE, heading, indented, text
from llmgeo.report.story import shared_reason, story

CONCLUSION = 16
"""Columns of a verdict and what it is worth beside a baseline, in a few short lines."""

VERDICT_STYLES = {
    "supported": "bold green",
    "contradicted": "bold red",
    "undecided": "bold yellow",
    "cannot be": "bold magenta",
}


def claims(answers: Sequence[ClaimAnswer], width: int, in_short: bool = False) -> Iterator[RenderableType]:
    """The claims, each with its verdict and evidence.

    Args:
        in_short: without the interval of what each tells beyond its baseline, which the verdict's own words sum up.
    """
    if not answers:
        return
    yield heading("What the papers say")
    yield indented(text(story(answers)))
    if shared_reason(answers):
        return
    table = Table.grid(padding=(0, 2), expand=width >= WIDE)
    if width >= NARROW:
        table.add_column(min_width=len("contradicted,"), max_width=CONCLUSION)
    if width >= WIDE:
        table.add_column(ratio=2)
    table.add_column(ratio=3)
    for claim in answers:
        table.add_row(*_claim_cells(claim, width, in_short))
    yield indented(table)


def _claim_cells(claim: ClaimAnswer, width: int, in_short: bool) -> list[RenderableType]:
    beside = claim.conclusion.removeprefix(claim.verdict)
    verdict = Text.assemble(
        text(claim.verdict, VERDICT_STYLES.get(claim.verdict, "bold")),
        text(beside, "yellow" if claim.is_no_news else "green"),
    )
    sentence = Text.assemble(text(claim.sentence), "  ", text(claim.source, "dim"))
    evidence = [text(line, style) for line, style in _evidence(claim, in_short) if line]
    if width >= WIDE:
        return [verdict, Group(text(claim.sentence), text(claim.source, "dim")), Group(*evidence)]
    below = Group(sentence, *map(indented, evidence))
    return [verdict, below] if width >= NARROW else [Group(verdict, indented(below))]


def _evidence(claim: ClaimAnswer, in_short: bool) -> Iterator[tuple[str | None, str]]:
    if claim.verdict == words.MISSING:
        yield claim.why_not_measured, "dim"
        return
    yield claim.words, ""
    yield claim.evidence, "dim"
    yield claim.caveat, "dim"
    if not in_short:
        yield claim.gain_words, "dim"
