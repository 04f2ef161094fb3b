"""Makes a comparison's result tables, and counts its texts. Needs what the run keeps; no model."""

from __future__ import annotations

import pandas as pd

from llmgeo.experiments.compare.claims import claim_table
from llmgeo.experiments.compare.layers import layer_table
from llmgeo.experiments.compare.measured import measured
from llmgeo.experiments.compare.names import PAIR
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.shared_directions import changes, overlap_rows
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.run import Run
from llmgeo.texts.degeneration import LOOP


def analyze(run: Run, recipe: ComparisonRecipe) -> dict[str, pd.DataFrame]:
    """The result tables. A comparison's contrasts are paired, and stand among its layers."""
    tables = measured(run)
    changes_by_claim = {
        claim.name: changes(tables.points, tables.kinds, claim, tables.layers)
        for claim in recipe.claims
        if claim.kind == "subspaces"
    }
    overlaps = [rows for claim_changes in changes_by_claim.values() if len(rows := overlap_rows(claim_changes))]
    layers = pd.concat([layer_table(tables.estimates, tables.weights, tables.draws), *overlaps], ignore_index=True)
    return {"layers": layers, "claims": claim_table(ValuesByPrompt(tables, changes_by_claim), recipe)}


def counts(run: Run) -> dict[str, int]:
    """How many texts there are, and how many were empty, too short, failed or loops; each text counts once."""
    samples = run.samples
    texts = samples[samples["condition"] == PAIR]
    prompts, kinds = samples["prompt"].nunique(), run.manifest.get("kinds_of_text")
    if type(kinds) is not int:  # a run of before the manifest told
        kinds = texts["text_kind"].nunique()
    numbers = {
        "prompts": prompts,
        "samples": len(texts),
        "tokens": int(sum(map(len, texts["token_ids"]))),
        "too_short": int((texts["window_start"].isna() & texts["error"].isna()).sum()),
        "failed": int(texts["error"].notna().sum()),
        "empty": prompts * kinds - len(texts),
    }
    short = texts[texts["window_start"].isna()]
    loops = texts[texts["window_start"].notna() & (texts["label"] == LOOP)]
    for name, part in {"too_short": short, "loops": loops}.items():
        numbers |= {f"{name}_{kind}": int(n) for kind, n in part["text_kind"].value_counts().items()}
    return numbers
