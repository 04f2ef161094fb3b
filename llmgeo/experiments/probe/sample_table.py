"""Samples by measures, as contrasts and claims take them. Needs the run's tables and the recipe; no model, no states.

The unit is the prompt. Only samples that fill the recipe's window are compared. Baselines, which know no geometry at
all, are columns beside the measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import NEEDS_STATES, USABLE
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics import Contrasts, auc_contrast


@dataclass(frozen=True)
class SampleTable:
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

    def rows(self, side: ConditionSide) -> np.ndarray:
        """Which samples a side of a contrast means: ``[S]`` bool."""
        is_on_side = self.samples["condition"].isin(side.conditions)
        if side.label is not None:
            is_on_side &= self.samples["label"] == side.label
        return is_on_side.to_numpy()

    def places(self, measures: Sequence[str]) -> list[int]:
        """The columns of these baselines, in their order."""
        names = self.columns["measure"].tolist()
        return [names.index(measure) for measure in measures]

    def contrast(
        self, a: ConditionSide, b: ConditionSide, seed: int, values: np.ndarray, baselines: np.ndarray | None = None
    ) -> Contrasts:
        """The samples of side a against those of side b, column by column of ``values [S, K]``.

        Args:
            seed: of all resampling; a recipe's may be larger than numpy takes.
            baselines: ``[S, J]``, that each column is set beside.
        """
        in_a, in_b = self.rows(a), self.rows(b)
        is_compared = in_a | in_b
        prompts = self.samples["prompt"].to_numpy()[is_compared]
        beside = None if baselines is None else baselines[is_compared]
        return auc_contrast(values[is_compared], in_a[is_compared], prompts, beside, seed=seed % 2**32)


def make_sample_table(
    samples: pd.DataFrame, estimates: pd.DataFrame, recipe: Recipe, more: tuple[str, ...] = ()
) -> SampleTable:
    """Samples by the recipe's measures, and `more`. A value whose status is neither "ok" nor "no_plateau" is nan."""
    usable = samples[samples["window_start"].notna() & samples["error"].isna()].reset_index(drop=True)
    wide = {
        name: estimates.assign(trusted=estimates[name].where(estimates["status"].isin(USABLE))).pivot(
            index="sample", columns=["measure", "layer"], values="trusted"
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
    return SampleTable(
        usable,
        np.hstack([values, baselines]),
        np.hstack([nulls, np.full_like(baselines, np.nan)]),
        pd.DataFrame(columns, columns=["measure", "layer", "axis", "cloud"]).astype({"layer": "Int64"}),
        frozenset(estimates.loc[estimates["status"] == NEEDS_STATES, "measure"]),
    )


def fair_baselines(a: ConditionSide, b: ConditionSide, recipe: Recipe) -> list[str]:
    """The baselines of a contrast. A label is made of rep-4, which tells labelled sides apart by definition: no
    baseline there."""
    is_labelled = a.label is not None or b.label is not None
    return [name for name in recipe.measures.baselines if not (name == "rep_4" and is_labelled)]


def side_words(side: ConditionSide) -> str:
    """
    >>> side_words(ConditionSide(conditions=("greedy", "nucleus"), label="loop"))
    'greedy+nucleus (loop)'
    """
    conditions = "+".join(side.conditions)
    return f"{conditions} ({side.label})" if side.label else conditions
