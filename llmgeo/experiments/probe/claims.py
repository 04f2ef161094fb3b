"""A paper's sentence as one test. Needs the table of samples and the recipe; no model, no states; draws no verdict.

Every effect stands beside the strongest baseline, which knows no geometry at all. A claim on a dimension is tested at
every scale that the run holds a curve over.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.recipe import Claim, Recipe
from llmgeo.experiments.probe.sample_table import SampleTable, fair_baselines, side_words
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES, NO_VALUES
from llmgeo.recipe.shared import ConditionSide
from llmgeo.report import words
from llmgeo.statistics.claim_test import ClaimTest, Scales, Side
from llmgeo.statistics.over_scales import over_scales
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.statistics.verdict import claim_frame, decide, describe_layers


def claim_table(table: SampleTable, recipe: Recipe, blocks: int) -> pd.DataFrame:
    """One row a claim of the recipe, with the columns of `statistics.verdict.COLUMNS`."""
    return claim_frame(decide([claim_test(table, claim, recipe, blocks) for claim in recipe.claims]))


def claim_test(table: SampleTable, claim: Claim, recipe: Recipe, blocks: int) -> ClaimTest:
    """The claim as one test; of a dimension, over its own estimate and all scales."""
    numbers = claim.layer_numbers(blocks)
    captured = set(table.columns["layer"].dropna())
    layers = tuple(layer for layer in numbers if layer in captured)
    test_of = partial(_test_of, table, claim, recipe, numbers, layers)
    own = test_of(claim.measure)
    at_scales = {int(EVERY_MEASURE[name].fixed["n1"]): test_of(name) for name in EVERY_MEASURE[claim.measure].by_scale}
    has_plateau = _has_plateau(table, claim, recipe, layers)
    test = over_scales(own, at_scales, has_plateau) if at_scales or not has_plateau else own
    return replace(test, words=_words(claim, test.a, test.b, test.scales))


def measures_of(claim: Claim) -> set[str]:
    """Everything that is tested for a claim: its measure and, of a dimension, the measures at each scale."""
    return {claim.measure, *EVERY_MEASURE[claim.measure].by_scale}


def _test_of(
    table: SampleTable, claim: Claim, recipe: Recipe, numbers: tuple[int, ...], layers: tuple[int, ...], measure: str
) -> ClaimTest:
    """The claim's test of this measure, averaged over its layers within each sample, side against side."""
    averaged = partial(_mean_over_layers, table, measure, layers)
    names = fair_baselines(claim.a, claim.b, recipe)
    effects = table.contrast(claim.a, claim.b, recipe.generation.seed, averaged, names)
    strongest = int(effects.baseline[0])
    entry = EVERY_MEASURE[claim.measure]
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
        cloud=entry.cloud,
        axis=entry.axis,
        layers=layers,
        layer_words=describe_layers(numbers, claim.layers if isinstance(claim.layers, str) else None, layers),
        a=_side(claim.a, effects.mean_a[0], effects.n_a[0]),
        b=_side(claim.b, effects.mean_b[0], effects.n_b[0]),
        baseline=None if strongest < 0 else names[strongest],
        baseline_effect=float(effects.baseline_auc[0]),
        gain=float(effects.gain[0]),
        gain_low=float(effects.gain_low[0]),
        gain_high=float(effects.gain_high[0]),
        status=_status(table, claim, layers, effects.status[0]),
    )


def _side(side: ConditionSide, mean: float, n: int) -> Side:
    return Side(side_words(side), side.conditions, float(mean), int(n), side.label_words)


def _mean_over_layers(table: SampleTable, measure: str, layers: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    """[n, 1]. A sample counts if every layer was measured: a mean over other layers would be another quantity."""
    columns = table.columns_of(measure, layers)
    if len(columns) < max(1, len(layers)):
        return np.full((int(rows.sum()), 1), np.nan)
    return table.values(columns, rows).mean(axis=1, keepdims=True)


def _status(table: SampleTable, claim: Claim, layers: tuple[int, ...], status: str) -> str:
    if not layers:
        return LAYERS_LEFT_OUT
    if claim.measure in table.need_states:
        return NEEDS_STATES
    if status == NO_SAMPLES and all(table.rows(side).any() for side in (claim.a, claim.b)):
        return NO_VALUES
    return str(status)


def _has_plateau(table: SampleTable, claim: Claim, recipe: Recipe, layers: tuple[int, ...]) -> bool:
    """Whether most texts of each side's conditions have one dimension over the claim's layers, whatever the scale."""
    for side in (claim.a, claim.b):
        for measure in measures_of(claim):
            columns = table.columns_of(measure, layers)
            texts = sum(int(table.rows(ConditionSide(conditions=(name,))).sum()) for name in side.conditions)
            if 2 * table.without_plateau(side.conditions, recipe, columns) > texts * len(columns):
                return False
    return True


def _words(claim: Claim, a: Side, b: Side, scales: Scales | None) -> str | None:
    """Both sides' values in plain words; where a side has none, what the other has."""
    show = EVERY_MEASURE[claim.measure].show
    missing = [side for side in (a, b) if not np.isfinite(side.value)]
    if missing:
        present = [side for side in (a, b) if side not in missing]
        values = [sentences.value_in(show(side.value), side.words) for side in present]
        return ", ".join([*values, *(sentences.no_value_in(side.words) for side in missing)]) if values else None
    said = claim.words(*(show(side.value) for side in (a, b)))
    if scales is None or scales.has_plateau:
        return said
    return words.over_scales(said, claim.measure, scales.a_values, scales.b_values)
