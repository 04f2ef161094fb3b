"""Each claim on steering as one test. Needs the quantities of each way's texts; draws no verdict."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from llmgeo.experiments.steering.names import LOOPS, QUANTITY_WORDS
from llmgeo.experiments.steering.recipe import SteeringClaim, SteeringRecipe
from llmgeo.measures.status import OK
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES


def claim_tests(recipe: SteeringRecipe, by_way: Mapping[str, pd.DataFrame]) -> list[ClaimTest]:
    """One test a claim of the recipe, in order."""
    return [_test(claim, by_way[claim.way], by_way[claim.against], recipe.seed) for claim in recipe.claims]


def _test(claim: SteeringClaim, a: pd.DataFrame, b: pd.DataFrame, seed: int) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "layer_words": "the same prompts",
    }  # fmt: skip
    both = pd.concat([a[claim.quantity], b[claim.quantity]], axis=1, join="inner").dropna()
    if both.empty:
        return ClaimTest(a=Side(claim.way), b=Side(claim.against), status=NO_SAMPLES, **facts)
    own, other = both.to_numpy(dtype=float).T
    found = paired_contrast(own[:, None], other[:, None], both.index.to_numpy(), seed=seed)
    form = "{:.0%}" if claim.quantity == LOOPS else "{:.2f}"
    ways = (f"{form.format(side.mean())} by {name}" for side, name in ((own, claim.way), (other, claim.against)))
    return ClaimTest(
        a=Side(claim.way, (claim.way,), float(own.mean()), len(own)),
        b=Side(claim.against, (claim.against,), float(other.mean()), len(other)),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=f"{QUANTITY_WORDS[claim.quantity]}: {', '.join(ways)}",
        status=OK if len(both) >= FEWEST_PROMPTS else FEW_PROMPTS, **facts,
    )  # fmt: skip
