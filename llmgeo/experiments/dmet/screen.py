"""A run of the room on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table

from llmgeo.experiments.dmet import sentences
from llmgeo.experiments.dmet.names import QUALITIES, SURROGATES
from llmgeo.experiments.dmet.sentences import SPACE_NAMES
from llmgeo.experiments.dmet.summary import AssociationRow, BesideRow, Summary
from llmgeo.report import room_screen, words
from llmgeo.report.common_parts import refused_in_short
from llmgeo.report.screen import WIDE, columns, heading, indented, text
from llmgeo.run import Run

IN_SHORT = (
    ("mean_step", "full"), ("silhouette", "private"), ("longest_h1_bar", "private"), ("predictability", "full"),
    ("three_phases", "full"),
)  # fmt: skip
"""What stands beside its surrogates on the first screen."""


def first_screen(summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, numbers beside surrogates, where the run is."""
    short = [row for row in summary.beside if (row.measure, row.space) in IN_SHORT]
    own = [
        *_beside(short, summary.layer, width),
        *_clear(summary.associations),
        *_counts(summary),
        *refused_in_short(summary.refused),
    ]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names (of `Dmet.shows`), whole."""
    own = {
        "surrogates": lambda: _beside(summary.beside, summary.layer, width),
        "associations": lambda: _associations(summary.associations, width),
    }
    return room_screen.parts_screen(run, summary, width, names, own)


def _beside(rows: Sequence[BesideRow], layer: int | None, width: int) -> Iterator[RenderableType]:
    """Texts beside their surrogates; in lines where the terminal is narrow."""
    if not rows:
        return
    yield heading("Beside surrogates", f"all texts together, layer {layer}")
    if width < WIDE:
        for row in rows:
            said = [f"{series} {words.value(row.measure, value)}" for series, value in row.nulls.items()]
            yield indented(text(f"{words.measure(row.measure)}, {SPACE_NAMES[row.space]}: {_value(row)}"))
            yield indented(indented(text(", ".join(said), "dim")))
        return
    table = columns("measure", "space", "text", *SURROGATES)
    for row in rows:
        nulls = [words.value(row.measure, value) for value in row.nulls.values()]
        table.add_row(*map(text, (words.measure(row.measure), SPACE_NAMES[row.space], _value(row), *nulls)))
    yield indented(table)
    if any(row.measure == "three_phases" for row in rows):
        yield indented(text(sentences.PHASES_RULE, "dim"))


def _value(row: BesideRow) -> str:
    return words.value_interval(row.measure, row.value, row.low, row.high)


def _clear(rows: Sequence[AssociationRow]) -> Iterator[RenderableType]:
    """Which associations are clear, in a line or two."""
    tested = [row for row in rows if row.status == "ok"]
    if not tested:
        return
    found = sorted((row for row in tested if row.is_clear), key=lambda row: -abs(row.rho))
    yield heading("Associations", "within decoders, rep-4 held; --associations shows all")
    yield indented(text(f"{len(found)} of {len(tested)} are clear (q < 0.05 over all of them)"))
    for row in found[:3]:
        yield indented(indented(text(sentences.one_association(row), "dim")))


def _associations(rows: Sequence[AssociationRow], width: int) -> Iterator[RenderableType]:
    if not rows:
        return
    yield heading("Associations", "rank correlations within decoders, rep-4 held; beside them those of random phases")
    tested = [row for row in rows if row.status == "ok"]
    if width < WIDE:
        yield from (indented(text(sentences.one_association(row), "" if row.is_clear else "dim")) for row in tested)
    else:
        yield indented(_association_table(tested))
    for line in sentences.not_associated(rows):
        yield indented(text(line, "dim"))


def _association_table(rows: Sequence[AssociationRow]) -> Table:
    table = columns("measure", "space", "layer", "with", "correlation", "q", "random phases", unbroken="correlation")
    for row in rows:
        names = (words.measure(row.measure), SPACE_NAMES[row.space], str(row.layer), QUALITIES[row.quality])
        q = words.q(row.q).removeprefix("q ").removeprefix("= ")
        beside = "" if row.surrogate_rho is None else f"{row.surrogate_rho:+.2f}"
        cells = (f"{row.rho:+.2f} {words.interval(row.low, row.high)}", q, beside)
        table.add_row(*(text(cell, "" if row.is_clear else "dim") for cell in (*names, *cells)))
    return table


def _counts(summary: Summary) -> Iterator[RenderableType]:
    counts = summary.counts
    loops = counts.get("loops", 0)
    ends = f", {words.number(loops)} of them {'a loop' if loops == 1 else 'loops'}" if loops else ""
    samples = counts.get("samples")
    return room_screen.counts(f"{words.count(samples, 'text')}{ends}" if samples else "", summary.remarks)
