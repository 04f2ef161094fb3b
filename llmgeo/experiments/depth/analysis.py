"""The room's result tables: every question's, put together. Needs tables and the recipe; no model, no states."""

from __future__ import annotations

import pandas as pd

from llmgeo.errors import CorruptRunError
from llmgeo.experiments.depth.claims import claim_table
from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.experiments.depth.tables import DECLARATION
from llmgeo.messages import place
from llmgeo.report.manifest import subjects_of
from llmgeo.run import Run


def analyze(run: Run, recipe: DepthRecipe) -> dict[str, pd.DataFrame]:
    """Layers, every question's own results, and claims; a question that was not asked has empty tables."""
    blocks = blocks_of(run)
    answers = [question.analyze(run, section, blocks) for question, section in asked(recipe)]
    layers = [found.layers for found in answers if found.layers is not None]
    empty = {table.name: pd.DataFrame(columns=list(table.columns)) for table in DECLARATION.results}
    own = {name: frame for found in answers for name, frame in found.tables.items()}
    return (
        empty
        | own
        | {
            "layers": pd.concat([empty["layers"], *layers], ignore_index=True),
            "claims": claim_table([test for found in answers for test in found.tests]),
        }
    )


def blocks_of(run: Run) -> int:
    """The model's number of blocks. Raises CorruptRunError where the manifest does not tell it."""
    blocks = subjects_of(run.manifest).get("model", {}).get("layers")
    if type(blocks) is not int:
        raise CorruptRunError(f"run.json of {place(run.path)} does not say how many layers the model has")
    return blocks
