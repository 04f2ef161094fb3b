"""Makes a comparison's layers table from what was measured. Needs the run's tables; no model, no states.

One row a kind of text, condition, measure and layer. `condition` says whose number it is: ``base``, ``tuned``, or
``pair``. A pair's row is a difference (tuned minus base, of a measure that each model has by itself) or is of both at
once (a distance, an output, a weight); `what` says which. Every pair's number has its noise floor beside it: `null_low`
and `null_high`, between which the same number lies when the base is set against itself with its weights moved by one
more rounding. Each prompt was read with one of several draws of the rounding, and the draws are what the interval is
made from. A cloud of several texts mixes all draws; there the interval is that of its mean over blocks of prompts.

`low` and `high` are pointwise: each layer's interval holds by itself, and of thirty layers one or two miss the truth.

`halves` stands beside the overlap of subspaces alone: the overlap between two halves of the base's texts. A difference
is between two readings of the same text, so that what texts differ by is no part of it, and needs no floor of its own.

A model's own number has its null beside it: what the same measure gives on the surrogate, as in a probe. Where the
value depends on the scale in most texts of a reader, the status says so of that number and of the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.names import BASE, JITTERED, OF_TEXTS, PAIR, TEXTS, TUNED, WEIGHTS
from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.measures.ranges import clipped
from llmgeo.measures.status import NO_PLATEAU, OK, USABLE
from llmgeo.statistics import benjamini_hochberg, mean_interval, paired_contrast
from llmgeo.statistics.noise_draws import draw_means, noise_interval

LAYER_COLUMNS = [
    "condition", "layer", "measure", "axis", "cloud", "n", "n_unique", "value", "low", "high", "null_low", "null_high",
    "status", "text", "what", "samples", "halves", "p", "q",
]  # fmt: skip
OUTPUTS = ("kl", "js", "entropy_drop", "unshifted_share", "marginal_share", "shifted_share")
KEY = ["measure", "layer", "cloud"]


@dataclass(frozen=True)
class Grid:
    """One condition's values on one kind of text: rows are prompts (or blocks of them), columns are `keys`.

    Attributes:
        values, nulls: [S, K], nan where refused.
        n: [K] points of a cloud, where there are any.
        reasons: [K] why values are missing, the commonest; nan where none is.
        without_plateau: [K] whether most of the values depend on the scale.
    """

    keys: pd.MultiIndex
    units: np.ndarray
    values: np.ndarray
    nulls: np.ndarray
    n: np.ndarray
    reasons: np.ndarray
    without_plateau: np.ndarray
    axes: np.ndarray


def layer_table(estimates: pd.DataFrame, weights: pd.DataFrame, draws: Mapping[str, int]) -> pd.DataFrame:
    """The layers table.

    Args:
        estimates, draws: as in `measured.Measured`.
        weights: as read from a run.
    """
    frames = []
    for kind in TEXTS:
        for is_pooled in (False, True):
            of_kind = estimates[(estimates["text"] == kind) & ((estimates["cloud"] == OF_TEXTS) == is_pooled)]
            if len(of_kind):
                frames += _frames_of_text(of_kind, kind, draws)
    frames += _frames_of_weights(weights)
    return pd.concat(frames, ignore_index=True)[LAYER_COLUMNS] if frames else pd.DataFrame(columns=LAYER_COLUMNS)


def _frames_of_text(table: pd.DataFrame, kind: str, draws: Mapping[str, int]) -> Iterator[pd.DataFrame]:
    grids = {name: make_grid(part) for name, part in table.groupby("condition", sort=False)}
    for reader in (BASE, TUNED):
        if reader in grids:
            yield _means(grids[reader], reader, kind, "value")
    if PAIR in grids:
        frame = _means(grids[PAIR], PAIR, kind, "distance", draws)
        frame.loc[frame["measure"].isin(OUTPUTS), "what"] = "output"
        halves = table[table["condition"] == PAIR].groupby(["measure", "layer"])["halves"].mean()
        keys = pd.MultiIndex.from_arrays([frame["measure"], frame["layer"]])
        frame["halves"] = halves.reindex(keys).to_numpy()
        yield frame
    if {BASE, TUNED} <= set(grids):
        yield _differences(grids[BASE], grids[TUNED], grids.get(JITTERED), kind, draws)


def make_grid(table: pd.DataFrame) -> Grid:
    """Estimates of one condition and kind of text as a grid.

    Pooled clouds of unequal size are not averaged: the largest stay.
    """
    if (table["cloud"] == OF_TEXTS).any() and table["n"].notna().any():
        table = table[table["n"] == table["n"].max()]
    ok = table["status"].isin(USABLE)
    trusted = table.assign(value=table["value"].where(ok), null=table["null"].where(ok))
    wide = trusted.pivot(index="prompt", columns=KEY, values=["value", "null"])
    first = table.drop_duplicates(KEY, keep="first").set_index(KEY)
    reasons = table[~ok].groupby(KEY)["status"].agg(lambda statuses: str(statuses.value_counts().index[0]))
    bent = (table["status"] == NO_PLATEAU)[ok].groupby([table[column] for column in KEY]).mean() > 0.5
    keys = pd.MultiIndex.from_frame(table[KEY].drop_duplicates())
    columns = {name: wide[name].reindex(columns=keys).to_numpy(float) for name in ("value", "null")}
    return Grid(
        keys,
        wide.index.to_numpy(),
        columns["value"],
        columns["null"],
        first["n"].reindex(keys).to_numpy(dtype=float, na_value=np.nan),
        reasons.reindex(keys).to_numpy(dtype=object),
        bent.reindex(keys, fill_value=False).to_numpy(dtype=bool),
        first["axis"].reindex(keys).to_numpy(dtype=object),
    )


def _frame(keys: pd.MultiIndex, axes: np.ndarray, n: np.ndarray, **columns: object) -> pd.DataFrame:
    frame = keys.to_frame(index=False).assign(axis=axes, n=n, n_unique=np.nan, halves=np.nan, p=np.nan, q=np.nan)
    return frame.assign(**columns).astype({"layer": "Int64"})


def _means(grid: Grid, condition: str, kind: str, what: str, draws: Mapping[str, int] | None = None) -> pd.DataFrame:
    """Means over the units; beside them the interval of the null's mean, or with `draws` that of its next draw."""
    mean = mean_interval(grid.values, grid.units)
    floor = mean_interval(grid.nulls, grid.units).band if draws is None else _floor(grid.nulls, grid.units, draws)
    measures = grid.keys.get_level_values("measure")
    low, high, null_low, null_high = clipped(measures, mean.low, mean.high, *floor)
    return _frame(
        grid.keys, grid.axes, grid.n, condition=condition, text=kind, what=what, value=mean.mean, low=low,
        high=high, null_low=null_low, null_high=null_high, samples=mean.n,
        status=_statuses(mean.n, grid.reasons, grid.without_plateau),
    )  # fmt: skip


def _differences(base: Grid, tuned: Grid, jittered: Grid | None, kind: str, draws: Mapping[str, int]) -> pd.DataFrame:
    """Tuned minus base, prompt by prompt; the points of a scale curve are no measures of their own."""
    before, after = aligned(base, tuned)
    units = np.intersect1d(base.units, tuned.units)
    contrast = paired_contrast(after, before, units)
    null_low = null_high = np.full(before.shape[1], np.nan)
    if jittered is not None:
        unmoved, moved = aligned(base, jittered)
        null_low, null_high = _floor(moved - unmoved, np.intersect1d(base.units, jittered.units), draws)
    measures = base.keys.get_level_values("measure")
    low, high = clipped(measures, contrast.low, contrast.high, of_differences=True)
    of_tuned = tuned.keys.get_indexer(base.keys)
    is_bent = base.without_plateau | np.where(of_tuned >= 0, tuned.without_plateau[of_tuned], False)
    is_tested = ~measures.isin(SCALE_MEASURES)
    q = benjamini_hochberg(np.where(is_tested, contrast.p, np.nan))
    frame = _frame(
        base.keys, base.axes, base.n, condition=PAIR, text=kind, what="difference", value=contrast.mean,
        low=low, high=high, p=contrast.p, q=q, null_low=null_low, null_high=null_high,
        samples=contrast.n, status=_statuses(contrast.n, base.reasons, is_bent),
    )  # fmt: skip
    return frame[is_tested]


def _floor(nulls: np.ndarray, units: np.ndarray, draws: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Where one more rounding lies: from the draws, where the units are prompts; else from the units' mean."""
    if not set(units) <= draws.keys():
        return mean_interval(nulls, units).band
    return noise_interval(draw_means(nulls, np.array([draws[unit] for unit in units])))


def aligned(a: Grid, b: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Both grids' values on the units they share, in the columns of `a`."""
    shared = np.intersect1d(a.units, b.units)
    places = b.keys.get_indexer(a.keys)
    values_b = np.where(places >= 0, b.values[:, places], np.nan)
    return (
        a.values[np.searchsorted(a.units, shared)],
        values_b[np.searchsorted(b.units, shared)],
    )


def _frames_of_weights(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Means over the matrices of a block; those of no block have no layer and stay among the estimates."""
    table = table[table["layer"].notna() & table["status"].isin(USABLE)]
    if not len(table):
        return
    groups = table.groupby(["measure", "layer", "cloud"], sort=False)
    means = groups.agg(value=("value", "mean"), samples=("value", "size"), null_low=("null", "mean"))
    frame = means.reset_index().assign(null_high=lambda frame: frame["null_low"])
    undefined = dict.fromkeys(("n", "n_unique", "low", "high", "halves", "p", "q"), np.nan)
    yield frame.assign(condition=PAIR, text=WEIGHTS, what="weights", axis="none", status="ok", **undefined).astype(
        {"layer": "Int64"}
    )


def _statuses(counts: np.ndarray, reasons: np.ndarray, without_plateau: np.ndarray) -> list[str]:
    return [
        (NO_PLATEAU if is_bent else OK) if count else (why if isinstance(why, str) else "undefined")
        for count, why, is_bent in zip(counts, reasons, without_plateau, strict=True)
    ]
