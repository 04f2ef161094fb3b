"""From a comparison's run to its result tables. Needs what the run keeps; no model, no torch."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from llmgeo.comparison_recipe import ComparisonRecipe
from llmgeo.experiments.pair_analysis import layer_table
from llmgeo.experiments.pair_claims import claim_table, evidence
from llmgeo.experiments.pair_names import PAIR, text_kind
from llmgeo.experiments.pair_overlap import changes, overlap_rows
from llmgeo.experiments.pair_points import point_estimates
from llmgeo.run.reader import Run
from llmgeo.run.recompute import Tables

CONTRAST_COLUMNS = ["a", "b", "layer", "measure", "axis", "n_a", "n_b", "auc", "low", "high", "p", "q"]


def analyse(run: Run, recipe: ComparisonRecipe, kinds: Mapping[str, str], blocks: int) -> Tables:
    """The three result tables. Contrasts of groups of texts are a probe's; a comparison's are paired, in layers.

    Args:
        kinds: each prompt's kind.
        blocks: the models' number of blocks L.
    """
    samples = run.samples
    estimates = pd.concat([run.estimates, point_estimates(run.points, list(kinds))], ignore_index=True)
    both = {claim.name: changes(run.points, kinds, claim) for claim in recipe.claims if claim.kind == "subspaces"}
    layers = layer_table(samples, estimates, recipe)
    shared = [rows for of_claim in both.values() if len(rows := overlap_rows(of_claim))]
    layers = pd.concat([layers, *shared], ignore_index=True)
    claims = claim_table(evidence(samples, estimates, kinds, blocks, both), recipe)
    return layers, pd.DataFrame(columns=CONTRAST_COLUMNS), claims


def counts(samples: pd.DataFrame, prompts: int, kinds: int) -> dict[str, int]:
    """How many texts there are, and how many were empty, too short or failed; each text counts once.

    Args:
        kinds: of texts that every prompt should have.
    """
    texts = samples[(samples["condition"] == PAIR) & samples["token_ids"].notna()]
    found = {
        "prompts": prompts,
        "samples": len(texts),
        "tokens": int(sum(map(len, texts["token_ids"]))),
        "too_short": int((texts["window_start"].isna() & texts["error"].isna()).sum()),
        "failed": int(texts["error"].notna().sum()),
        "empty": prompts * kinds - len(texts),
    }
    short = texts[texts["window_start"].isna()]
    return found | {f"too_short_{kind}": n for kind, n in short["sample"].map(text_kind).value_counts().items()}
