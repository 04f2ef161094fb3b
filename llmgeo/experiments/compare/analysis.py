"""From a comparison's run to its result tables. Needs what the run keeps; no model, no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pydantic

from llmgeo import run as runs
from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.experiments.compare.claims import claim_table
from llmgeo.experiments.compare.evidence import evidence
from llmgeo.experiments.compare.layers import layer_table
from llmgeo.experiments.compare.names import PAIR, text_kind
from llmgeo.experiments.compare.prompt_cloud import point_estimates
from llmgeo.experiments.compare.recipe import ComparisonRecipe, load_comparison
from llmgeo.experiments.compare.shared_directions import changes, overlap_rows
from llmgeo.experiments.compare.tables import DECLARATION
from llmgeo.messages import place
from llmgeo.run.reader import Run
from llmgeo.texts.degeneration import LOOP

CONTRAST_COLUMNS = ["a", "b", "layer", "measure", "axis", "n_a", "n_b", "auc", "low", "high", "p", "q"]


Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def analyse(run: Run, recipe: ComparisonRecipe, kinds: Mapping[str, str], blocks: int) -> Tables:
    """The three result tables. Contrasts of groups of texts are a probe's; a comparison's are paired, in layers.

    Args:
        kinds: each prompt's kind.
        blocks: the models' number of blocks L.
    """
    samples, points = run.samples, run.arrays("points")
    estimates = pd.concat([run.estimates, point_estimates(points, list(kinds))], ignore_index=True)
    both = {claim.name: changes(points, kinds, claim) for claim in recipe.claims if claim.kind == "subspaces"}
    layers = layer_table(samples, estimates, recipe)
    shared = [rows for of_claim in both.values() if len(rows := overlap_rows(of_claim))]
    layers = pd.concat([layers, *shared], ignore_index=True)
    claims = claim_table(evidence(samples, estimates, kinds, blocks, both), recipe)
    return layers, pd.DataFrame(columns=CONTRAST_COLUMNS), claims


def analyze_comparison(run: Run, recipe: str | Path | ComparisonRecipe | None) -> Run:
    """Compute a comparison's results again, with its own recipe or with other claims. Raises as `analyze`."""
    own = _own_recipe(run)
    asked = own
    if recipe is not None:
        asked = recipe if isinstance(recipe, ComparisonRecipe) else load_comparison(recipe)
        measured = ("answers", "window", "neutral", "measures")
        if different := [name for name in measured if getattr(asked, name) != getattr(own, name)]:
            raise UsageError(
                f"the recipe {asked.name} differs from that of {place(run.path)} in [{'], ['.join(different)}], which "
                "was measured: other claims can be asked of a finished comparison, nothing else"
            )
    notes = run.manifest.get("notes") or {}
    kinds, models = notes.get("kinds"), run.manifest.get("models") or {}
    if not isinstance(kinds, dict) or not isinstance(models.get("base"), dict):
        raise UsageError(f"{place(run.path)} was not finished: run the command that began it to its end first")

    def compute(opened: Run) -> dict[str, pd.DataFrame]:
        found = analyse(opened, asked, kinds, int(models["base"]["layers"]))
        return dict(zip(("layers", "contrasts", "claims"), found, strict=True))

    is_own = asked.canonical() == own.canonical()
    source = None if is_own else asked.source or asked.canonical().encode("ascii")
    return runs.recompute(run.path, compute, DECLARATION, source)


def _own_recipe(run: Run) -> ComparisonRecipe:
    fields = run.manifest["fingerprint_fields"]
    if runs.fingerprint(fields) != run.manifest["fingerprint"]:
        raise CorruptRunError(f"run.json of {place(run.path)} is damaged: its fingerprint is not that of its fields")
    try:
        return ComparisonRecipe.model_validate_json(json.dumps(fields.get("recipe")))
    except pydantic.ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise CorruptRunError(f"run.json of {place(run.path)} holds no recipe that can be used ({reason})") from None


def counts(samples: pd.DataFrame, prompts: int, kinds: int) -> dict[str, int]:
    """How many texts there are, and how many were empty, too short, failed or loops; each text counts once.

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
    loops = texts[texts["window_start"].notna() & (texts["label"] == LOOP)]
    for name, part in {"too_short": short, "loops": loops}.items():
        found |= {f"{name}_{kind}": n for kind, n in part["sample"].map(text_kind).value_counts().items()}
    return found
