"""A claim on the dimension of a pooled cloud: does it lie in a range, at every scale? Needs tables; no verdict here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.claim_words import identity, note_of
from llmgeo.experiments.compare.names import OF_TEXTS
from llmgeo.experiments.compare.recipe import RangeClaim
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.measures.catalogue import DIMENSION, MEASURES, SCALE_MEASURES
from llmgeo.measures.status import NO_PLATEAU, OK, TOO_FEW_POINTS, USABLE
from llmgeo.statistics.claim_test import ClaimTest, Range, Reading, Side


def range_test(by_prompt: ValuesByPrompt, claim: RangeClaim) -> ClaimTest:
    """Which measure of the pooled cloud could mean a dimension in this range.

    A dimension that is read from neighbours decides it, if it lies there at every scale: a linear measure in the range
    does not make the cloud a manifold of that dimension.
    """
    layers = by_prompt.layers_of(claim)
    table = by_prompt.measured.estimates
    table = table[
        (table["condition"] == claim.reader) & (table["cloud"] == OF_TEXTS) & table["layer"].isin(layers)
        & table["measure"].isin([*MEASURES, *SCALE_MEASURES])
    ]  # fmt: skip
    points = int(table["n"].max()) if len(table) else 0
    usable = table[table["status"].isin(USABLE) & (table["n"] == points)]
    by_layer = usable.pivot_table(index="layer", columns="measure", values="value", aggfunc="mean", sort=False)
    readings = {str(name): _reading(str(name), by_layer, usable) for name in by_layer if name in MEASURES}
    claimed = Range(claim.low, claim.high, tuple(readings.values()))
    is_measured = readings and points - 1 >= claim.high
    return ClaimTest(
        **identity(by_prompt, claim),
        effect_is="range", expect=None, range=claimed,
        status=OK if is_measured else TOO_FEW_POINTS,
        cloud=OF_TEXTS, axis="token",
        a=Side(claim.reader.upper(), (claim.reader,), n=points),
        b=Side(f"{claim.low:g} to {claim.high:g}", n=points),
        words="; ".join(_words(name, reading) for name, reading in readings.items()),
        remarks=(
            *(_remarks(claimed, readings) if is_measured else ()),
            sentences.most_linear(points),
            *note_of(claim),
        ),
    )  # fmt: skip


def _reading(name: str, by_layer: pd.DataFrame, usable: pd.DataFrame) -> Reading:
    """What a measure reads, and over which values its dimension goes from scale to scale, as far as that is known."""
    own = by_layer[name].dropna()
    scales = [scale for scale in MEASURES[name].by_scale if scale in by_layer]
    if not MEASURES[name].by_scale:
        return Reading(tuple(own), is_decisive=False)
    if not scales:
        statuses = usable.loc[usable["measure"].isin([name, DIMENSION]), "status"]
        is_disowned = bool(2 * (statuses == NO_PLATEAU).sum() > len(statuses))
        return Reading(tuple(own), is_decisive=not is_disowned, is_disowned=is_disowned)
    values = by_layer.loc[own.index, [name, *scales]]
    spans = tuple(zip(values.min(axis=1), values.max(axis=1), strict=True))
    return Reading(tuple(own), is_decisive=True, spans=spans)


def _words(name: str, reading: Reading) -> str:
    said = MEASURES[name].words, min(reading.values), max(reading.values)
    if not reading.spans:
        return sentences.reads(*said)
    return sentences.reads_by_scale(*said, min(low for low, _ in reading.spans), max(high for _, high in reading.spans))


def _remarks(claimed: Range, readings: Mapping[str, Reading]) -> Iterator[str]:
    inside = [MEASURES[name].words for name, reading in readings.items() if claimed.holds(reading)]
    yield sentences.could_mean_it(inside)
    if any(claimed.touches(reading) and not claimed.holds(reading) for reading in readings.values()):
        yield sentences.RANGE_DEPENDS
    elif any(reading.is_disowned for reading in readings.values()):
        yield sentences.RANGE_WITHOUT_SCALES
