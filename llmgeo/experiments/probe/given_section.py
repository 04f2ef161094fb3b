"""The page's section on texts from files: answers, how many texts fill the window, and which stand out, as plain data.

Every text is escaped here. Knows a summary; draws nothing and computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmgeo.escape import literal
from llmgeo.experiments.probe import given_sentences as sentences
from llmgeo.experiments.probe.given_summary import GivenTexts
from llmgeo.experiments.probe.given_view import standing_out_cells

LOOKS = {"told apart": "supported", "not compared": "not-measured"}
"""How an answer is drawn: as the verdict of a claim that it resembles; any other as one that is undecided."""

Table = tuple[str, list[tuple[str, ...]], str]
"""Title, rows (the first of them the names of the columns) and caption."""


@dataclass(frozen=True)
class Answer:
    """One contrast as it is printed."""

    look: str
    answer: str
    contrast: str
    sentence: str
    evidence: tuple[str, ...]
    caveat: str


@dataclass(frozen=True)
class Section:
    """What the template prints.

    Attributes:
        about: how the answers are to be read; empty where nothing was asked.
        filled: how many texts were measured, in a sentence.
        tables: as the kit's template of tables takes them.
    """

    about: str
    answers: tuple[Answer, ...]
    filled: str
    remarks: tuple[str, ...]
    about_standing_out: str
    tables: tuple[Table, ...]


def section(given: GivenTexts) -> Section:
    """The section for a run's page."""
    rows = given.separations
    columns = tuple(sentences.STANDING_OUT_COLUMNS)
    cells = [tuple(map(literal, standing_out_cells(row))) for row in given.standing_out]
    return Section(
        sentences.how_to_read_separations(rows) if rows else "",
        tuple(map(_answer, rows)),
        literal(sentences.window_filled(given.window, given.filled)),
        tuple(map(literal, given.remarks)),
        sentences.how_to_read_standing_out(given.layer),
        ((sentences.STANDING_OUT_TITLE, [columns, *cells], sentences.STANDING_OUT_CAPTION),),
    )


def _answer(row: Mapping[str, object]) -> Answer:
    return Answer(
        LOOKS.get(str(row["answer"]), "undecided"),
        literal(row["answer"], 30),
        literal(row["contrast"]),
        literal(row["sentence"]),
        tuple(map(literal, sentences.evidence(row))),
        literal(row["caveat"] or ""),
    )
