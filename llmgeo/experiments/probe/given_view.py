"""Texts from files on a terminal: whether geometry tells them apart, what was left out, which stand out. Knows Rich.

Computes no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType

from llmgeo.experiments.probe import given_sentences as sentences
from llmgeo.experiments.probe.given_summary import GivenTexts
from llmgeo.report import words
from llmgeo.report.screen import MIDDLING, columns, heading, indented, text

FIRST = 8
"""Texts that stand out, on the first screen."""

STYLES = {"told apart": "bold green", "open": "bold yellow", "not seen apart": "bold yellow"}


def answers(given: GivenTexts) -> Iterator[RenderableType]:
    """The answer to each contrast, with what it rests on."""
    if not given.separations:
        return
    yield heading(sentences.SEPARATIONS_TITLE)
    yield indented(text(sentences.how_to_read_separations(given.separations), "dim"))
    for row in given.separations:
        name = text(row["contrast"], "bold")
        said = text(row["sentence"], STYLES.get(str(row["answer"]), ""))
        lines = [indented(said), *(indented(text(line, "dim")) for line in sentences.evidence(row))]
        caveat = [indented(text(row["caveat"], "yellow"))] if row["caveat"] else []
        yield indented(Group(name, *lines, *caveat))


def texts_given(given: GivenTexts) -> Iterator[RenderableType]:
    """How many texts fill the window, and what must be known of them."""
    yield heading(sentences.window_filled(given.window, given.filled))
    for remark in given.remarks:
        yield indented(text(remark, "yellow"))


def standing_out(given: GivenTexts, width: int, most: int | None = None) -> Iterator[RenderableType]:
    """Which texts stand out.

    Args:
        most: rows that are shown; None for all.
    """
    yield heading(sentences.STANDING_OUT_TITLE)
    yield indented(text(sentences.how_to_read_standing_out(given.layer), "dim"))
    if not given.standing_out:
        yield indented(text(sentences.NONE_STANDS_OUT))
        return
    shown = given.standing_out[:most]
    if width < MIDDLING:
        for row in shown:
            yield indented(Group(text(row["sample"], "bold"), indented(text(sentences.stands_out(row)))))
    else:
        table = columns(*sentences.STANDING_OUT_COLUMNS)
        for row in shown:
            table.add_row(*map(text, standing_out_cells(row)))
        yield indented(table)
    if left := len(given.standing_out) - len(shown):
        yield indented(text(sentences.more_stand_out(left), "dim"))


def standing_out_cells(row: Mapping[str, object]) -> tuple[str, ...]:
    """Text, measure, its value, the others' median, z, and the baseline by which the text lies farthest out."""
    name = str(row["measure"])
    values = (words.value(name, row[key]) for key in ("value", "median"))
    return str(row["sample"]), words.measure(name), *values, sentences.deviations(row["z"]), sentences.of_baseline(row)
