"""A sentence of the paper as one test, or as what cannot be. Needs tables and the recipe; draws no verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from llmgeo.experiments.dmet import sentences
from llmgeo.experiments.dmet.associations import association
from llmgeo.experiments.dmet.names import OF_SETS, PHASES, REP_4, SHUFFLED, SURROGATES, TEXT
from llmgeo.experiments.dmet.path_table import PathTable
from llmgeo.experiments.dmet.qualities import values_of, why_missing
from llmgeo.experiments.dmet.recipe import (
    AssociationClaim,
    DmetClaim,
    DmetRecipe,
    OrderClaim,
    RangeClaim,
    SurrogateClaim,
)
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.messages import counted
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Range, Reading, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.verdict import claim_frame, decide, describe_layers


def claim_table(table: PathTable, qualities: pd.DataFrame, recipe: DmetRecipe, blocks: int) -> pd.DataFrame:
    """One row a claim of the recipe, with the columns of `statistics.verdict.COLUMNS`."""
    return claim_frame(decide([claim_test(table, qualities, claim, recipe, blocks) for claim in recipe.claims]))


def claim_test(
    table: PathTable, qualities: pd.DataFrame, claim: DmetClaim, recipe: DmetRecipe, blocks: int
) -> ClaimTest:
    """The claim as one test, at the layers that it names and the run has."""
    numbers = claim.layer_numbers(blocks)
    layers = tuple(layer for layer in numbers if layer in table.layers)
    frame = _frame(claim, numbers, layers, recipe)
    if isinstance(claim, OrderClaim):
        return _of_order(frame, table, claim, layers)
    if not layers:
        return replace(frame, status=LAYERS_LEFT_OUT if len(table.texts) else NO_SAMPLES)
    if isinstance(claim, AssociationClaim):
        return _of_association(frame, table, qualities, claim, layers, recipe.seed)
    if isinstance(claim, SurrogateClaim):
        return _of_surrogate(frame, table, claim, layers, recipe.seed)
    return _of_range(frame, table, claim, layers, recipe.seed)


def _frame(claim: DmetClaim, numbers: tuple[int, ...], layers: tuple[int, ...], recipe: DmetRecipe) -> ClaimTest:
    """The test before anything is known of its effect."""
    known = look_up(claim.measure)
    name = claim.layers if isinstance(claim.layers, str) else None
    conditions = tuple(decoder.name for decoder in recipe.decoders)
    return ClaimTest(
        claim=claim.name,
        source=claim.source,
        sentence=claim.sentence,
        effect_is="correlation",
        expect=getattr(claim, "expect", None),
        measure=claim.measure,
        cloud=known.cloud,
        axis="none" if claim.measure in OF_SETS else known.axis,
        layers=layers,
        layer_words=sentences.where(describe_layers(numbers, name, layers), claim.space),
        a=Side("texts", conditions),
        b=Side("", ()),
    )


def _of_association(
    frame: ClaimTest,
    table: PathTable,
    qualities: pd.DataFrame,
    claim: AssociationClaim,
    layers: tuple[int, ...],
    seed: int,
) -> ClaimTest:
    side = Side("texts", frame.a.conditions, n=len(table.texts))
    why = why_missing(qualities, claim.quality)
    if why is not None:
        return replace(frame, a=side, status=why)
    values = values_of(qualities, claim.quality)
    measured, beside = (table.mean_over(layers, claim.space, series, claim.measure) for series in (TEXT, PHASES))
    found = association(table, measured, values, REP_4, seed)
    null = association(table, beside, values, REP_4, seed, permutations=1)
    return replace(
        frame,
        a=replace(side, n=found.n),
        effect=found.rho,
        low=found.low,
        high=found.high,
        p=found.p,
        words=sentences.association(claim.measure, claim.quality),
        remarks=(sentences.beside_random_phases(null.rho),) if null.status == OK else (),
        status=found.status,
    )


def _of_surrogate(
    frame: ClaimTest, table: PathTable, claim: SurrogateClaim, layers: tuple[int, ...], seed: int
) -> ClaimTest:
    text, null = (
        table.mean_over(layers, claim.space, series, claim.measure)[:, None] for series in (TEXT, claim.series)
    )
    found = paired_contrast(text, null, table.prompts, seed=seed)
    known = look_up(claim.measure)
    both = np.isfinite(text[:, 0]) & np.isfinite(null[:, 0])
    means = [float(values[both].mean()) if both.any() else np.nan for values in (text, null)]
    others = {
        series: table.mean_over(layers, claim.space, series, claim.measure)[both].mean() if both.any() else np.nan
        for series in SURROGATES
    }
    few = 0 < found.prompts[0] < FEWEST_PROMPTS
    return replace(
        frame,
        effect_is="difference",
        effect=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        p=float(found.p[0]),
        a=Side("texts", frame.a.conditions, means[0], int(found.n[0])),
        b=Side(claim.series, (), means[1], int(found.n[0])),
        words=sentences.beside(known, *means, claim.series),
        remarks=sentences.other_surrogates(known, others, claim.series),
        status=FEW_PROMPTS if few else str(found.status[0]),
    )


def _of_range(frame: ClaimTest, table: PathTable, claim: RangeClaim, layers: tuple[int, ...], seed: int) -> ClaimTest:
    text, null = (table.mean_over(layers, claim.space, series, claim.measure)[:, None] for series in (TEXT, PHASES))
    own = mean_interval(text, table.prompts, seed=seed)
    low, high = (float(end[0]) for end in own.band)
    mean, n = float(own.mean[0]), int(own.n[0])
    beside = float(np.nanmean(null)) if np.isfinite(null).any() else np.nan
    return replace(
        frame,
        effect_is="range",
        a=Side("texts", frame.a.conditions, mean, n),
        range=Range(claim.low, claim.high, (Reading((mean,), is_decisive=True, spans=((low, high),)),)) if n else None,
        words=sentences.in_range(claim.measure, (mean, low, high), (claim.low, claim.high), beside) if n else None,
        remarks=(f"{frame.layer_words}, {counted(n, 'text')}",) if n else (),
        status=OK if n else NO_SAMPLES,
    )


def _of_order(frame: ClaimTest, table: PathTable, claim: OrderClaim, layers: tuple[int, ...]) -> ClaimTest:
    """What shuffling does to the measure stands in its words; there is nothing to test."""
    said = None
    if layers and len(table.texts):
        text, shuffled = (table.mean_over(layers, claim.space, series, claim.measure) for series in (TEXT, SHUFFLED))
        said = sentences.shuffled(claim.measure, text, shuffled)
    reason = sentences.CANNOT_BE[claim.measure]
    return replace(frame, a=Side("texts", frame.a.conditions, n=len(table.texts)), words=said, cannot_be=reason)
