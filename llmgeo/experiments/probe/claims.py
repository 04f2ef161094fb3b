"""A paper's sentence as one test. Needs the table of samples and the recipe; no model, no states; draws no verdict.

Every effect stands beside the strongest baseline, which knows no geometry at all.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.recipe import Claim, Recipe
from llmgeo.experiments.probe.sample_table import SampleTable, fair_baselines, side_words
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES
from llmgeo.statistics.verdict import ClaimTest, Side, claim_frame, decide, describe_layers


def claim_table(table: SampleTable, recipe: Recipe, blocks: int) -> pd.DataFrame:
    """One row a claim of the recipe, with the columns of `statistics.verdict.COLUMNS`."""
    return claim_frame(decide([claim_test(table, claim, recipe, blocks) for claim in recipe.claims]))


def claim_test(table: SampleTable, claim: Claim, recipe: Recipe, blocks: int) -> ClaimTest:
    """The claim's measure, averaged over its layers within each sample, side against side."""
    numbers = claim.layer_numbers(blocks)
    captured = set(table.columns["layer"].dropna())
    layers = tuple(layer for layer in numbers if layer in captured)
    averaged = partial(_mean_over_layers, table, claim.measure, layers)
    names = fair_baselines(claim.a, claim.b, recipe)
    effects = table.contrast(claim.a, claim.b, recipe.generation.seed, averaged, names)
    strongest = int(effects.baseline[0])
    measure = EVERY_MEASURE[claim.measure]
    return ClaimTest(
        claim=claim.name,
        source=claim.source,
        sentence=claim.sentence,
        effect_is="auc",
        effect=float(effects.auc[0]),
        low=float(effects.low[0]),
        high=float(effects.high[0]),
        p=float(effects.p[0]),
        expect=claim.expect,
        measure=claim.measure,
        cloud=measure.cloud,
        axis=measure.axis,
        layers=layers,
        layer_words=describe_layers(numbers, claim.layers if isinstance(claim.layers, str) else None, layers),
        a=Side(side_words(claim.a), claim.a.conditions, float(effects.mean_a[0]), int(effects.n_a[0])),
        b=Side(side_words(claim.b), claim.b.conditions, float(effects.mean_b[0]), int(effects.n_b[0])),
        words=claim.words(effects.mean_a[0], effects.mean_b[0]),
        baseline=None if strongest < 0 else names[strongest],
        baseline_effect=float(effects.baseline_auc[0]),
        gain=float(effects.gain[0]),
        gain_low=float(effects.gain_low[0]),
        gain_high=float(effects.gain_high[0]),
        status=_status(table, claim, layers, effects.status[0]),
    )


def _mean_over_layers(table: SampleTable, measure: str, layers: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    """[n, 1]. A sample counts if every layer was measured: a mean over other layers would be another quantity."""
    if not layers:
        return np.full((int(rows.sum()), 1), np.nan)
    columns = (table.columns["measure"] == measure) & table.columns["layer"].isin(layers)
    return table.values(np.flatnonzero(columns), rows).mean(axis=1, keepdims=True)


def _status(table: SampleTable, claim: Claim, layers: tuple[int, ...], status: str) -> str:
    if not layers:
        return LAYERS_LEFT_OUT
    return NEEDS_STATES if claim.measure in table.need_states else str(status)
