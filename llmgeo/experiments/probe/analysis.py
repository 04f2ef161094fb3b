"""Makes a probe's result tables: layers, contrasts, claims. Needs the run's tables and the recipe; no model, no states.

The unit is the prompt. Only samples that fill the recipe's window are compared. Every geometric measure is set against
its null and against the baselines, which know no geometry at all.
"""

from __future__ import annotations

import pandas as pd

from llmgeo.experiments.probe.claims import claim_table
from llmgeo.experiments.probe.recipe import Contrast, Recipe
from llmgeo.experiments.probe.sample_table import SampleTable, fair_baselines, make_sample_table, side_words
from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.measures.status import NEEDS_STATES, NO_PLATEAU, USABLE
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics import Contrasts, benjamini_hochberg, mean_interval
from llmgeo.texts.degeneration import LOOP


def result_tables(
    samples: pd.DataFrame, estimates: pd.DataFrame, recipe: Recipe, blocks: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The three result tables: layers, contrasts, claims.

    Args:
        samples, estimates: as read from a run.
        blocks: the model's number of blocks L.
    """
    table = make_sample_table(samples, estimates, recipe)
    with_scales = make_sample_table(samples, estimates, recipe, tuple(SCALE_MEASURES))
    contrasts = [contrast_rows(table, contrast, recipe) for contrast in recipe.contrasts]
    return (
        layer_rows(with_scales, estimates, recipe),
        pd.concat(contrasts, ignore_index=True) if contrasts else pd.DataFrame(columns=CONTRAST_COLUMNS),
        claim_table(table, recipe, blocks),
    )


# -- layers ----------------------------------------------------------------------------------------------------------


def counts(samples: pd.DataFrame) -> dict[str, int]:
    """How many tokens the texts have, and how many texts were too short or are loops."""
    return {
        "tokens": int(sum(map(len, samples["token_ids"]))),
        "too_short": int((samples["window_start"].isna() & samples["error"].isna()).sum()),
        "loops": int((samples["label"] == LOOP).sum()),
    }


def layer_rows(table: SampleTable, estimates: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Mean of each measure at each layer by condition, with its interval over prompts and that of its null.

    A value without a plateau counts as a value; `no_plateau` counts those, and is the status where they are most.
    """
    frames = []
    point_counts = estimates.groupby(["sample", "measure", "layer"], sort=False)[["n", "n_unique"]].first()
    reasons = estimates[~estimates["status"].isin(USABLE)]
    without_plateau = estimates[estimates["status"] == NO_PLATEAU]
    for condition in recipe.conditions:
        in_condition = table.rows(ConditionSide(conditions=(condition.name,)))
        if not in_condition.any():
            continue
        prompts = table.samples["prompt"].to_numpy()[in_condition]
        mean = mean_interval(table.values[in_condition], prompts)
        null = mean_interval(table.nulls[in_condition], prompts)
        ids = table.samples["sample"][in_condition]
        of_condition = point_counts[point_counts.index.get_level_values("sample").isin(ids)]
        totals = of_condition.groupby(["measure", "layer"]).sum()
        commonest = reasons[reasons["sample"].isin(ids)].groupby(["measure", "layer"])["status"].agg(_commonest)
        no_plateau_counts = without_plateau[without_plateau["sample"].isin(ids)].groupby(["measure", "layer"]).size()
        keys = pd.MultiIndex.from_frame(table.columns[["measure", "layer"]])
        frame = table.columns.assign(
            condition=condition.name,
            n=totals["n"].reindex(keys).to_numpy(),
            n_unique=totals["n_unique"].reindex(keys).to_numpy(),
            value=mean.mean, low=mean.low, high=mean.high,
            null_low=null.low, null_high=null.high,
            samples=mean.n, refused=int(in_condition.sum()) - mean.n,
            no_plateau=no_plateau_counts.reindex(keys, fill_value=0).to_numpy(),
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
    "contrast", "a", "b", "layer", "measure", "axis", "n_a", "n_b", "auc", "low", "high", "band_low", "band_high", "p",
    "q", "mean_a", "mean_b", "status", "baseline", "baseline_auc", "gain", "gain_low", "gain_high", "best_gain_low",
    "a_conditions", "b_conditions", "a_label", "b_label",
]  # fmt: skip


def contrast_rows(table: SampleTable, contrast: Contrast, recipe: Recipe) -> pd.DataFrame:
    """Side a against side b on every measure at every layer, each beside the strongest baseline, and on the baselines.

    q is within this contrast, and so are the bands.
    """
    is_baseline = table.columns["layer"].isna().to_numpy()
    names = fair_baselines(contrast.a, contrast.b, recipe)
    seed = recipe.generation.seed
    beside = table.values[:, table.places(names)]
    measures = table.contrast(contrast.a, contrast.b, seed, table.values[:, ~is_baseline], beside)
    baselines = table.contrast(contrast.a, contrast.b, seed, table.values[:, is_baseline])
    frame = pd.concat(
        [
            _effects(table.columns[~is_baseline], measures).assign(
                baseline=[None if place < 0 else names[place] for place in measures.baseline]
            ),
            _effects(table.columns[is_baseline], baselines).assign(
                baseline=None, band_low=baselines.low, band_high=baselines.high
            ),
        ],
        ignore_index=True,
    )
    frame["q"] = benjamini_hochberg(frame["p"].to_numpy())
    frame.loc[frame["measure"].isin(table.need_states), "status"] = NEEDS_STATES
    sides = {"contrast": contrast.name} | _side("a", contrast.a) | _side("b", contrast.b)
    return frame.assign(**{name: [value] * len(frame) for name, value in sides.items()})[CONTRAST_COLUMNS]


def _effects(columns: pd.DataFrame, effects: Contrasts) -> pd.DataFrame:
    names = [name for name in CONTRAST_COLUMNS if name != "baseline" and hasattr(effects, name)]
    return columns[["layer", "measure", "axis"]].assign(**{name: getattr(effects, name) for name in names})


def _side(name: str, selector: ConditionSide) -> dict[str, object]:
    """The columns of one side: in words, and as data."""
    conditions = list(selector.conditions)
    return {name: side_words(selector), f"{name}_conditions": conditions, f"{name}_label": selector.label}
