"""A run of the room on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.summary import Summary, recipe_of
from llmgeo.report import room_screen, words
from llmgeo.report.common_parts import refused_in_short
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, what each question found, where the run is."""
    own = [*_questions(run, width), *_counts(summary), *refused_in_short(summary.refused)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    return room_screen.parts_screen(run, summary, width, names, {"questions": lambda: _questions(run, width)})


def _questions(run: Run, width: int) -> Iterator[RenderableType]:
    for question, section in asked(recipe_of(run)):
        yield from question.screen(run, section, width)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    samples = summary.counts.get("samples")
    return room_screen.counts(words.count(samples, "text") if samples else "", summary.remarks)
