"""Makes a probe's result tables: layers, contrasts, claims. Needs the run's tables and the recipe; no model, no states.

The unit is the prompt. Only samples that fill the recipe's window are compared. Every geometric measure is set against
its null and against the baselines, which know no geometry at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.claims import claim_table
from llmgeo.experiments.probe.recipe import Contrast, Recipe
from llmgeo.experiments.probe.sample_table import (
    SampleTable,
    SelectedColumns,
    fair_baselines,
    make_sample_table,
    side_words,
)
from llmgeo.measures.ranges import clipped
from llmgeo.measures.status import NEEDS_STATES, NO_PLATEAU, NO_VALUES
from llmgeo.recipe.shared import ConditionSide
from llmgeo.run import Run
from llmgeo.statistics import Contrasts, Means, benjamini_hochberg, mean_interval
from llmgeo.statistics.chunks import chunks
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.texts.degeneration import INCOHERENT, LOOP, REPETITIVE, SWITCHED, TEMPLATED

BLOCK = 2**22
"""Numbers of samples by columns that means are taken of at a time (32 MiB; a dozen tables of this size are made)."""

FAULTS = (TEMPLATED, REPETITIVE, INCOHERENT, SWITCHED)
"""Labels that texts are counted by, beside loops and those that are too short."""

TEXTS_AT_ONCE = 4096
"""Texts whose tokens are counted together."""


def result_tables(
    samples: pd.DataFrame,
    estimates: Iterable[pd.DataFrame],
    recipe: Recipe,
    blocks: int,
    folder: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The three result tables: layers, contrasts, claims.

    Args:
        samples, estimates, folder: as `make_sample_table` takes them.
        blocks: the model's number of blocks L.
    """
    return results_of(make_sample_table(samples, estimates, recipe, folder), recipe, blocks)


def results_of(table: SampleTable, recipe: Recipe, blocks: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """As `result_tables`, from samples by measures."""
    contrasts = [contrast_rows(table, contrast, recipe) for contrast in recipe.contrasts]
    return (
        layer_rows(table, recipe),
        pd.concat(contrasts, ignore_index=True) if contrasts else pd.DataFrame(columns=CONTRAST_COLUMNS),
        claim_table(table, recipe, blocks),
    )


# -- layers ----------------------------------------------------------------------------------------------------------


def counts(run: Run) -> dict[str, int]:
    """How many tokens the texts have, how many texts were too short, and how many have which label."""
    totals = dict.fromkeys(("tokens", "tokens_written", "tokens_read", "too_short", "loops", *FAULTS), 0)
    columns = ["error", "window_start", "label", "token_ids", "prompt_length", "path"]
    for samples in run.pieces("samples", columns, rows=TEXTS_AT_ONCE):
        lengths = samples["token_ids"].map(len).astype(int)
        is_read = samples["path"] == "read"
        totals["tokens"] += int(lengths.sum())
        totals["tokens_written"] += int((lengths - samples["prompt_length"])[~is_read].sum())
        totals["tokens_read"] += int(lengths[is_read].sum())
        totals["too_short"] += int((samples["window_start"].isna() & samples["error"].isna()).sum())
        totals["loops"] += int((samples["label"] == LOOP).sum())
        for label in FAULTS:
            totals[label] += int((samples["label"] == label).sum())
    return totals


def layer_rows(table: SampleTable, recipe: Recipe) -> pd.DataFrame:
    """Mean of each measure at each layer by condition, with its interval over prompts and that of its null.

    A value without a plateau counts as a value; `no_plateau` counts those, and is the status where they are most.
    """
    frames = [
        _of_condition(table, number, condition.name)
        for number, condition in enumerate(recipe.conditions)
        if table.rows(ConditionSide(conditions=(condition.name,))).any()
    ]
    empty = pd.DataFrame(columns=LAYER_COLUMNS)
    return pd.concat(frames, ignore_index=True)[LAYER_COLUMNS] if frames else empty


def _of_condition(table: SampleTable, number: int, name: str) -> pd.DataFrame:
    rows = table.rows(ConditionSide(conditions=(name,)))
    mean, null = _means(table, table.values, rows), _means(table, table.nulls, rows)
    low, high, null_low, null_high = clipped(table.columns["measure"], mean.low, mean.high, *null.band)
    nothing = np.full(table.baselines.shape[1], np.nan)
    without_plateau = np.r_[table.estimates.without_plateau(number, table.places), nothing.astype(bool) * 0]
    reasons = [*table.estimates.commonest_reason(number, table.places), *[None] * len(nothing)]
    counts = {key: table.estimates.points(key, number, table.places) for key in ("n", "n_unique")}
    return table.columns.assign(
        condition=name,
        **{key: np.r_[points, nothing] for key, points in counts.items()},
        value=mean.mean, low=low, high=high, null_low=null_low, null_high=null_high,
        samples=mean.n, refused=int(rows.sum()) - mean.n,
        no_plateau=without_plateau,
        status=[_status(*facts) for facts in zip(mean.n, without_plateau, reasons, strict=True)],
    )  # fmt: skip


def _means(table: SampleTable, read: Callable[[np.ndarray, np.ndarray], np.ndarray], rows: np.ndarray) -> Means:
    """Means of all columns over the prompts, a few columns at a time."""
    columns, prompts = np.arange(len(table.columns)), table.prompts[rows]
    steps = chunks(len(columns), BLOCK // max(1, len(prompts)))
    parts = [mean_interval(read(columns[step], rows), prompts) for step in steps]
    return Means(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Means)))


LAYER_COLUMNS = [
    "condition", "layer", "measure", "axis", "cloud", "n", "n_unique", "value", "low", "high", "null_low", "null_high",
    "status", "samples", "refused", "no_plateau",
]  # fmt: skip


def _status(samples: int, no_plateau: int, commonest_reason: str | None) -> str:
    """
    >>> _status(8, 3, "constant"), _status(8, 5, None), _status(0, 0, "constant")
    ('ok', 'no_plateau', 'constant')
    """
    if samples:
        return NO_PLATEAU if 2 * no_plateau > samples else "ok"
    return commonest_reason or "undefined"


# -- contrasts -------------------------------------------------------------------------------------------------------

CONTRAST_COLUMNS = [
    "contrast", "a", "b", "layer", "measure", "axis", "n_a", "n_b", "auc", "low", "high", "band_low", "band_high", "p",
    "q", "mean_a", "mean_b", "status", "baseline", "baseline_auc", "gain", "gain_low", "gain_high", "best_gain_low",
    "a_conditions", "b_conditions", "a_label", "b_label",
]  # fmt: skip


def contrast_rows(table: SampleTable, contrast: Contrast, recipe: Recipe) -> pd.DataFrame:
    """Side a against side b on every measure at every layer, each beside the strongest baseline, and on the baselines.

    q is within this contrast, and so are the bands.
    """
    is_baseline = table.columns["layer"].isna()
    is_measure = ~is_baseline & ~table.columns["is_scale"]
    names = fair_baselines(contrast.a, contrast.b, recipe)
    sides = contrast.a, contrast.b, recipe.generation.seed
    measures = table.contrast(*sides, partial(SelectedColumns, table, np.flatnonzero(is_measure)), names)
    baselines = table.contrast(*sides, partial(table.values, np.flatnonzero(is_baseline)))
    frame = pd.concat(
        [
            _effects(table.columns[is_measure], measures).assign(
                baseline=[None if place < 0 else names[place] for place in measures.baseline]
            ),
            _effects(table.columns[is_baseline], baselines).assign(
                baseline=None, band_low=baselines.low, band_high=baselines.high
            ),
        ],
        ignore_index=True,
    )
    frame["q"] = benjamini_hochberg(frame["p"].to_numpy())
    if all(table.rows(side).any() for side in (contrast.a, contrast.b)):
        frame.loc[frame["status"] == NO_SAMPLES, "status"] = NO_VALUES
    frame.loc[frame["measure"].isin(table.need_states), "status"] = NEEDS_STATES
    words = {"contrast": contrast.name} | _side("a", contrast.a) | _side("b", contrast.b)
    return frame.assign(**{name: [value] * len(frame) for name, value in words.items()})[CONTRAST_COLUMNS]


def _effects(columns: pd.DataFrame, effects: Contrasts) -> pd.DataFrame:
    names = [name for name in CONTRAST_COLUMNS if name != "baseline" and hasattr(effects, name)]
    return columns[["layer", "measure", "axis"]].assign(**{name: getattr(effects, name) for name in names})


def _side(name: str, selector: ConditionSide) -> dict[str, object]:
    """The columns of one side: in words, and as data."""
    conditions = list(selector.conditions)
    return {name: side_words(selector), f"{name}_conditions": conditions, f"{name}_label": selector.label_words}
