"""What a run of this room holds: the tables of every run, and those of each question. Knows columns alone."""

from __future__ import annotations

from llmgeo.experiments.depth.questions import QUESTIONS
from llmgeo.run.declaration import CLAIMS, ESTIMATES, LAYERS, SAMPLES, STATES, TOKENS, Column, Declaration

LAYERS_OF_TEXTS = LAYERS.with_columns(
    samples=Column("count", "texts with a value"),
    refused=Column("count", "texts without one"),
)

DECLARATION = Declaration(
    (
        SAMPLES,
        TOKENS,
        ESTIMATES,
        *(table for question in QUESTIONS for table in question.tables if not table.is_result),
        LAYERS_OF_TEXTS,
        *(table for question in QUESTIONS for table in question.tables if table.is_result),
        CLAIMS,
    ),
    (*(array for question in QUESTIONS for array in question.arrays), STATES),
)
