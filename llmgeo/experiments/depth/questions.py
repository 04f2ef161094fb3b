"""The questions of the room, in the order in which they are asked and shown. One line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmgeo.experiments.depth.angles.question import ANGLES
from llmgeo.experiments.depth.gain.question import GAIN
from llmgeo.experiments.depth.lensing.question import LENSING_QUESTION
from llmgeo.experiments.depth.lines.question import LINES
from llmgeo.experiments.depth.question import Question, QuestionSection

if TYPE_CHECKING:
    from llmgeo.experiments.depth.recipe import DepthRecipe

QUESTIONS: tuple[Question, ...] = (
    ANGLES,
    LENSING_QUESTION,
    LINES,
    GAIN,
)  # fmt: skip


def asked(recipe: DepthRecipe) -> Iterator[tuple[Question, QuestionSection]]:
    """The questions that a recipe asks, each with its table of it."""
    for question in QUESTIONS:
        if (section := getattr(recipe, question.name)) is not None:
            yield question, section
