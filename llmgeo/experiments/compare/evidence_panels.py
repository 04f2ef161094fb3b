"""What a claim about two models rests on, prompt by prompt, for its picture. Needs the run's tables; tests nothing.

A paired claim is drawn as each prompt's difference, one on kinds of prompts as the dots of both kinds, a trend as the
prompts in order of their complexity. Claims on subspaces and ranges are of clouds of many texts: no prompt has a value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pandas as pd
import pydantic

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.measured import measured
from llmgeo.experiments.compare.recipe import Claim, ComparisonRecipe, GroupsClaim, PairedClaim, TrendClaim
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.page import evidence as kit
from llmgeo.run import Run


def evidence(run: Run, answers: Sequence[ClaimAnswer]) -> list[dict[str, object] | None]:
    """One entry a claim, in their order; None where nothing was measured, or the run's recipe cannot be read."""
    claims = _claims(run)
    by_prompt = ValuesByPrompt(measured(run), {})
    return [_entry(by_prompt, claims.get(answer.claim), answer) for answer in answers]


def _claims(run: Run) -> Mapping[str, Claim]:
    fields = run.manifest.get("fingerprint_fields")
    recipe = run.results_recipe or (fields.get("recipe") if isinstance(fields, Mapping) else None)
    try:
        return {claim.name: claim for claim in ComparisonRecipe.model_validate_json(json.dumps(recipe)).claims}
    except pydantic.ValidationError:  # anyone may have edited a manifest
        return {}


def _entry(by_prompt: ValuesByPrompt, claim: Claim | None, answer: ClaimAnswer) -> dict[str, object] | None:
    draws = {PairedClaim: _paired, GroupsClaim: _groups, TrendClaim: _trend}
    if claim is None:
        return None
    if type(claim) not in draws:
        return {"note": sentences.NO_VALUES_OF_PROMPTS, "panels": []}
    layers = by_prompt.layers_of(claim)
    found = draws[type(claim)](by_prompt, claim, answer, layers) if layers else None
    return found and {"a": answer.a_words, "b": answer.b_words, **found}


def _paired(
    by_prompt: ValuesByPrompt, claim: PairedClaim, answer: ClaimAnswer, layers: tuple[int, ...]
) -> dict[str, object] | None:
    a, b = (by_prompt.values(side, claim.measure, layers, cloud=claim.cloud) for side in (claim.a, claim.b))
    turn = -1 if claim.expect == "a < b" else 1
    row = kit.differences(a, b, turn)
    return {"paired": True, "panels": [kit.panel(claim.measure, [row], turn)]} if row["n"] else None


def _groups(
    by_prompt: ValuesByPrompt, claim: GroupsClaim, answer: ClaimAnswer, layers: tuple[int, ...]
) -> dict[str, object] | None:
    sides = [by_prompt.values(side, claim.measure, layers) for side in (claim.a, claim.b)]
    if not all(map(len, sides)):
        return None
    tables = [pd.DataFrame({"name": side.index, "prompt": side.index, "value": side.array}) for side in sides]
    turn = -1 if claim.expect == "a < b" else 1
    return {"paired": False, "panels": [kit.panel(claim.measure, [kit.two_sides(tables)], turn)]}


def _trend(
    by_prompt: ValuesByPrompt, claim: TrendClaim, answer: ClaimAnswer, layers: tuple[int, ...]
) -> dict[str, object] | None:
    complexity, values = by_prompt.complexity(), by_prompt.values(claim.a, claim.measure, layers)
    row = kit.trend(complexity, values)
    turn = 1 if claim.expect == "rises" else -1
    return {"paired": False, "panels": [kit.panel(claim.measure, [row], turn)]} if row["n"] else None
