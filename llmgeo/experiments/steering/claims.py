"""Each claim on steering as one test. Needs each way's texts; draws no verdict."""

from __future__ import annotations

from collections.abc import Mapping

from llmgeo.experiments.steering.names import LOOPS, QUANTITY_WORDS
from llmgeo.experiments.steering.pairs import Pairs, Text
from llmgeo.experiments.steering.recipe import SteeringClaim, SteeringRecipe
from llmgeo.measures.status import OK
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES


def claim_tests(recipe: SteeringRecipe, by_way: Mapping[str, Mapping[str, Text]]) -> list[ClaimTest]:
    """One test a claim of the recipe, in order."""
    return [_test(claim, by_way[claim.way], by_way[claim.against], recipe.seed) for claim in recipe.claims]


def _test(claim: SteeringClaim, a: Mapping[str, Text], b: Mapping[str, Text], seed: int) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "layer_words": "the same prompts",
    }  # fmt: skip
    pairs = Pairs.of(a, b, claim.quantity)
    count = len(pairs.prompts)
    if not count:
        return ClaimTest(a=Side(claim.way), b=Side(claim.against), status=NO_SAMPLES, **facts)
    found = pairs.contrast(seed)
    form = "{:.0%}" if claim.quantity == LOOPS else "{:.2f}"
    own, other = float(pairs.own.mean()), float(pairs.other.mean())
    said = f"{form.format(own)} by {claim.way}, {form.format(other)} by {claim.against}"
    return ClaimTest(
        a=Side(claim.way, (claim.way,), own, count), b=Side(claim.against, (claim.against,), other, count),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=f"{QUANTITY_WORDS[claim.quantity]}: {said}",
        status=OK if count >= FEWEST_PROMPTS else FEW_PROMPTS, **facts,
    )  # fmt: skip
