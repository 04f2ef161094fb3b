"""The room's result tables from what was measured. Needs the run's tables and the recipe; no model, no states."""

from __future__ import annotations

import pandas as pd

from llmgeo.errors import CorruptRunError
from llmgeo.experiments.dmet.associations import association_table, replication_table
from llmgeo.experiments.dmet.beside import beside_table, layer_table
from llmgeo.experiments.dmet.claims import claim_table
from llmgeo.experiments.dmet.path_table import path_table
from llmgeo.experiments.dmet.qualities import quality_table
from llmgeo.experiments.dmet.recipe import DmetRecipe
from llmgeo.messages import place
from llmgeo.report.manifest import subjects_of
from llmgeo.run import Run
from llmgeo.texts.degeneration import LOOP


def analyze(run: Run, recipe: DmetRecipe) -> dict[str, pd.DataFrame]:
    """Layers, texts beside their surrogates, qualities, associations, the mixed model, and claims."""
    table = path_table(run)
    decoders = tuple(decoder.name for decoder in recipe.decoders)
    qualities = quality_table(table)
    return {
        "layers": layer_table(table, decoders, recipe.seed),
        "surrogates": beside_table(table, decoders, recipe.seed),
        "qualities": qualities,
        "associations": association_table(table, qualities, recipe.seed),
        "replication": replication_table(table, qualities),
        "claims": claim_table(table, qualities, recipe, blocks_of(run)),
    }


def counts(run: Run) -> dict[str, int]:
    """How many tokens were written, and how many texts were too short or are loops."""
    totals = dict.fromkeys(("tokens_written", "too_short", "loops"), 0)
    for samples in run.pieces("samples", ["error", "window_start", "label", "token_ids", "prompt_length"]):
        totals["tokens_written"] += int((samples["token_ids"].map(len) - samples["prompt_length"]).sum())
        totals["too_short"] += int((samples["window_start"].isna() & samples["error"].isna()).sum())
        totals["loops"] += int((samples["label"] == LOOP).sum())
    return totals


def blocks_of(run: Run) -> int:
    """The model's number of blocks. Raises CorruptRunError where the manifest does not tell it."""
    blocks = subjects_of(run.manifest).get("model", {}).get("layers")
    if type(blocks) is not int:
        raise CorruptRunError(f"run.json of {place(run.path)} does not say how many layers the model has")
    return blocks
