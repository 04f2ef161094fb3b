"""From what was measured to layers, contrasts and verdicts. Needs the run's tables and the recipe; no model, no states.

The unit is the prompt. Only samples that fill the recipe's window are compared. Every geometric measure stands beside
its null and beside the baselines, which know no geometry at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.measure_table import EVERY_MEASURE, MEASURES, SCALE_MEASURES
from llmgeo.recipe import Claim, Contrast, Recipe, Selector
from llmgeo.statistics import Contrasts, auc_contrast, benjamini_hochberg, mean_interval
from llmgeo.status import LAYERS_LEFT_OUT, NEEDS_STATES, NO_PLATEAU, OK, USABLE

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Table:
    """The samples that can be compared, and everything measured on them.

    Attributes:
        samples: one row a sample.
        values, nulls: ``[S, K]``; nan where refused. K columns: measures by layers, then the baselines.
        columns: one row a column: measure, layer (null for a baseline), axis, cloud.
        need_states: measures that could not be taken on this window.
    """

    samples: pd.DataFrame
    values: np.ndarray
    nulls: np.ndarray
    columns: pd.DataFrame
    need_states: frozenset[str] = frozenset()

    def rows(self, selector: Selector) -> np.ndarray:
        """Which samples a side of a contrast means: ``[S]`` bool."""
        chosen = self.samples["condition"].isin(selector.conditions)
        if selector.label is not None:
            chosen &= self.samples["label"] == selector.label
        return chosen.to_numpy()


def analyse(
    samples: pd.DataFrame, estimates: pd.DataFrame, recipe: Recipe, blocks: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The three result tables: layers, contrasts, claims.

    Args:
        samples, estimates: as read from a run.
        blocks: the model's number of blocks L.
    """
    table = make_table(samples, estimates, recipe)
    with_scales = make_table(samples, estimates, recipe, tuple(SCALE_MEASURES))
    contrasts = [contrast_rows(table, contrast, recipe) for contrast in recipe.contrasts]
    return (
        layer_rows(with_scales, estimates, recipe),
        pd.concat(contrasts, ignore_index=True) if contrasts else pd.DataFrame(columns=CONTRAST_COLUMNS),
        claim_rows(table, recipe, blocks),
    )


def make_table(samples: pd.DataFrame, estimates: pd.DataFrame, recipe: Recipe, more: tuple[str, ...] = ()) -> Table:
    """Samples by the recipe's measures, and `more`. A value whose status is neither "ok" nor "no_plateau" is nan."""
    usable = samples[samples["window_start"].notna() & samples["error"].isna()].reset_index(drop=True)
    wide = {
        name: estimates.assign(shown=estimates[name].where(estimates["status"].isin(USABLE))).pivot(
            index="sample", columns=["measure", "layer"], values="shown"
        )
        for name in ("value", "null")
    }
    present = wide["value"].columns
    keys = [key for measure in (*recipe.measures.geometric, *more) for key in present if key[0] == measure]
    values, nulls = (wide[name].reindex(index=usable["sample"], columns=keys).to_numpy(float) for name in wide)
    baselines = usable[list(recipe.measures.baselines)].to_numpy(float)
    columns = [
        {"measure": measure, "layer": layer, "axis": EVERY_MEASURE[measure].axis, "cloud": EVERY_MEASURE[measure].cloud}
        for measure, layer in keys
    ]
    columns += [{"measure": name, "layer": None, "axis": "none", "cloud": "none"} for name in recipe.measures.baselines]
    return Table(
        usable,
        np.hstack([values, baselines]),
        np.hstack([nulls, np.full_like(baselines, np.nan)]),
        pd.DataFrame(columns, columns=["measure", "layer", "axis", "cloud"]).astype({"layer": "Int64"}),
        frozenset(estimates.loc[estimates["status"] == NEEDS_STATES, "measure"]),
    )


# -- layers ----------------------------------------------------------------------------------------------------------


def layer_rows(table: Table, estimates: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Mean of each measure at each layer by condition, with its interval over prompts and that of its null.

    A value without a plateau counts as a value; `no_plateau` counts those, and is the status where they are most.
    """
    frames = []
    counted = estimates.groupby(["sample", "measure", "layer"], sort=False)[["n", "n_unique"]].first()
    reasons = estimates[~estimates["status"].isin(USABLE)]
    bent = estimates[estimates["status"] == NO_PLATEAU]
    for condition in recipe.conditions:
        chosen = table.rows(Selector(conditions=(condition.name,)))
        if not chosen.any():
            continue
        prompts = table.samples["prompt"].to_numpy()[chosen]
        mean = mean_interval(table.values[chosen], prompts)
        null = mean_interval(table.nulls[chosen], prompts)
        ids = table.samples["sample"][chosen]
        of_condition = counted[counted.index.get_level_values("sample").isin(ids)]
        totals = of_condition.groupby(["measure", "layer"]).sum()
        commonest = reasons[reasons["sample"].isin(ids)].groupby(["measure", "layer"])["status"].agg(_commonest)
        count_bent = bent[bent["sample"].isin(ids)].groupby(["measure", "layer"]).size()
        keys = pd.MultiIndex.from_frame(table.columns[["measure", "layer"]])
        frame = table.columns.assign(
            condition=condition.name,
            n=totals["n"].reindex(keys).to_numpy(),
            n_unique=totals["n_unique"].reindex(keys).to_numpy(),
            value=mean.mean, low=mean.low, high=mean.high,
            null_low=null.low, null_high=null.high,
            samples=mean.n, refused=int(chosen.sum()) - mean.n,
            no_plateau=count_bent.reindex(keys, fill_value=0).to_numpy(),
        )  # fmt: skip
        reason = commonest.reindex(keys).to_numpy()
        frame["status"] = [
            _status(samples, no_plateau, why)
            for samples, no_plateau, why in zip(mean.n, frame["no_plateau"], reason, strict=True)
        ]
        frames.append(frame)
    empty = pd.DataFrame(columns=LAYER_COLUMNS)
    return pd.concat(frames, ignore_index=True)[LAYER_COLUMNS] if frames else empty


LAYER_COLUMNS = [
    "condition", "layer", "measure", "axis", "cloud", "n", "n_unique", "value", "low", "high", "null_low", "null_high",
    "status", "samples", "refused", "no_plateau",
]  # fmt: skip


def _status(samples: int, no_plateau: int, commonest_reason: object) -> str:
    """
    >>> _status(8, 3, "constant"), _status(8, 5, None), _status(0, 0, "constant")
    ('ok', 'no_plateau', 'constant')
    """
    if samples:
        return NO_PLATEAU if 2 * no_plateau > samples else "ok"
    return commonest_reason if isinstance(commonest_reason, str) else "undefined"


def _commonest(reasons: pd.Series) -> str:
    return str(reasons.value_counts().index[0])


# -- contrasts -------------------------------------------------------------------------------------------------------

CONTRAST_COLUMNS = [
    "contrast", "a", "b", "layer", "measure", "axis", "n_a", "n_b", "auc", "low", "high", "p", "q", "mean_a", "mean_b",
    "status",
]  # fmt: skip


def contrast_rows(table: Table, contrast: Contrast, recipe: Recipe) -> pd.DataFrame:
    """Side a against side b on every measure at every layer and on the baselines; q within this contrast."""
    found = compare(table, table.values, contrast.a, contrast.b, recipe)
    status = np.where(table.columns["measure"].isin(table.need_states), NEEDS_STATES, found.status)
    return table.columns[["layer", "measure", "axis"]].assign(
        contrast=contrast.name, a=_words(contrast.a), b=_words(contrast.b),
        n_a=found.n_a, n_b=found.n_b, auc=found.auc, low=found.low, high=found.high,
        p=found.p, q=benjamini_hochberg(found.p), mean_a=found.mean_a, mean_b=found.mean_b, status=status,
    )[CONTRAST_COLUMNS]  # fmt: skip


def compare(table: Table, values: np.ndarray, a: Selector, b: Selector, recipe: Recipe) -> Contrasts:
    """The samples of side a against those of side b, column by column of ``values [S, K]``."""
    in_a, in_b = table.rows(a), table.rows(b)
    chosen = in_a | in_b
    prompts = table.samples["prompt"].to_numpy()[chosen]
    return auc_contrast(values[chosen], in_a[chosen], prompts, seed=recipe.generation.seed % 2**32)


def _words(selector: Selector) -> str:
    conditions = "+".join(selector.conditions)
    return f"{conditions} ({selector.label})" if selector.label else conditions


# -- claims ----------------------------------------------------------------------------------------------------------

CLAIM_COLUMNS = [
    "claim", "source", "verdict", "effect", "low", "high", "q", "sentence", "measure", "layers", "words", "n_a", "n_b",
    "p", "baseline", "baseline_effect", "caveat", "status",
]  # fmt: skip


def claim_rows(table: Table, recipe: Recipe, blocks: int) -> pd.DataFrame:
    """Each claim's one test, and the verdict; q over the recipe's claims."""
    rows = [_claim_row(table, claim, recipe, blocks) for claim in recipe.claims]
    for row, q in zip(rows, benjamini_hochberg(np.array([row["p"] for row in rows], dtype=float)), strict=True):
        row["q"] = q
        row["verdict"] = verdict(row)
        row["caveat"] = caveat(row)
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


def _claim_row(table: Table, claim: Claim, recipe: Recipe, blocks: int) -> dict:
    asked = claim.layer_numbers(blocks)
    columns = (table.columns["measure"] == claim.measure) & table.columns["layer"].isin(asked)
    kept = set(table.columns["layer"].dropna())
    layers = tuple(layer for layer in asked if layer in kept)
    # A sample counts if every layer of these was measured: a mean over other layers would be another quantity.
    averaged = table.values[:, columns.to_numpy()]
    averaged = averaged.mean(axis=1, keepdims=True) if layers else np.full((len(averaged), 1), np.nan)
    names = [name for name in recipe.measures.baselines if not (name == "rep_4" and _is_labelled(claim))]
    baselines = table.values[:, table.columns["measure"].isin(names).to_numpy()]
    baselines = np.where(np.isnan(averaged), np.nan, baselines)
    found = compare(table, np.hstack([averaged, baselines]), claim.a, claim.b, recipe)
    best = _strongest(found.auc[1:])
    return {
        "claim": claim.name,
        "source": claim.source,
        "sentence": claim.sentence,
        "measure": claim.measure,
        "layers": _layer_words(claim, asked, layers),
        "expect": claim.expect,
        "effect": found.auc[0],
        "low": found.low[0],
        "high": found.high[0],
        "p": found.p[0],
        "n_a": found.n_a[0],
        "n_b": found.n_b[0],
        "status": _claim_status(table, claim, layers, found),
        "words": claim.words(found.mean_a[0], found.mean_b[0]),
        "baseline": None if best is None else names[best],
        "baseline_effect": np.nan if best is None else found.auc[1:][best],
    }


def _is_labelled(claim: Claim) -> bool:
    """A label is made of rep-4, which therefore tells labelled sides apart by definition: no baseline there."""
    return claim.a.label is not None or claim.b.label is not None


def _claim_status(table: Table, claim: Claim, layers: tuple[int, ...], found: Contrasts) -> str:
    if not layers:
        return LAYERS_LEFT_OUT
    return NEEDS_STATES if claim.measure in table.need_states else found.status[0]


def _layer_words(claim: Claim, asked: tuple[int, ...], layers: tuple[int, ...]) -> str:
    """The layers a claim is about, and which of them there are where some were left out."""
    span = f"{asked[0]}-{asked[-1]}" if len(asked) > 1 else str(asked[0])
    words = f"{claim.layers} ({span})" if isinstance(claim.layers, str) else ", ".join(map(str, asked))
    return words if layers == asked else f"{words}, of which {', '.join(map(str, layers)) or 'none'} measured"


def _strongest(auc: np.ndarray) -> int | None:
    return None if np.isnan(auc).all() else int(np.nanargmax(np.abs(auc - 0.5)))


def verdict(row: dict) -> str:
    """Supported or contradicted if q is below 0.05 and the interval leaves 0.5 out; else undecided.

    >>> verdict({"status": "ok", "expect": "a < b", "effect": 0.1, "low": 0.02, "high": 0.3, "q": 0.001})
    'supported'
    """
    if row["status"] != OK or np.isnan(row["effect"]):
        return "not measured"
    decided = row["q"] < SIGNIFICANT and not row["low"] <= 0.5 <= row["high"]
    if not decided:
        return "undecided"
    return "supported" if (row["effect"] > 0.5) == (row["expect"] == "a > b") else "contradicted"


def caveat(row: dict) -> str | None:
    """What a decided claim must not be read without."""
    if row["verdict"] == "not measured":
        if row["status"] == LAYERS_LEFT_OUT:
            return "not measured: the run was made with --layers, and none of these is among them"
        if row["status"] == NEEDS_STATES:
            return "not measured: this window needs the hidden states, which the run did not keep"
        return f"not measured: {row['status'].replace('_', ' ')} ({row['n_a']} against {row['n_b']} texts)"
    if row["verdict"] == "undecided" or row["baseline"] is None:
        return None
    name = MEASURES[row["baseline"]].words
    if abs(row["baseline_effect"] - 0.5) >= abs(row["effect"] - 0.5):
        return f"but {name} alone tells them apart as well (AUC {row['baseline_effect']:.2f})"
    return f"{name} alone: AUC {row['baseline_effect']:.2f}"
