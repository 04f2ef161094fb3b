"""Samples by measures, as contrasts and claims take them. Needs samples, estimates and the recipe; no model.

The unit is the prompt. Only samples that fill the recipe's window are compared. Baselines, which know no geometry at
all, are columns beside the measures. However many samples there are, a few columns are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.estimate_columns import EstimateColumns
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.catalogue import EVERY_MEASURE, SCALE_MEASURES
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics import Contrasts, auc_contrast
from llmgeo.statistics.columns import Columns

FACTS = ("sample", "condition", "prompt", "label", "window_start", "error")
"""What is read of a run's samples, beside the baselines."""


@dataclass(frozen=True)
class SampleTable:
    """The samples that can be compared, and everything measured on them.

    Attributes:
        samples: one row a sample.
        columns: one row a column: measure, layer (null for a baseline), axis, cloud; and `is_scale`, of a point of the
            scale curve, which no contrast is made of.
        places: which column of the estimates each of these is, as far as they are no baselines, which come last.
        estimates: values and nulls of all measures and layers.
        baselines: ``[S, J]``.
        prompts: ``[S]`` the number of each sample's prompt.
    """

    samples: pd.DataFrame
    columns: pd.DataFrame
    places: np.ndarray
    estimates: EstimateColumns
    baselines: np.ndarray
    prompts: np.ndarray

    def rows(self, side: ConditionSide) -> np.ndarray:
        """Which samples a side of a contrast means: ``[S]`` bool."""
        is_on_side = self.samples["condition"].isin(side.conditions)
        if side.labels:
            is_on_side &= self.samples["label"].isin(side.labels)
        return is_on_side.to_numpy()

    @property
    def need_states(self) -> set[str]:
        """Measures that could not be taken on this window."""
        return self.estimates.need_states

    def values(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """``[n, k]`` of these columns and samples; nan where refused."""
        return np.hstack([self.estimates.values.take(*self._estimates(columns, rows)), self._baselines(columns, rows)])

    def nulls(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The same of the nulls; a baseline has none."""
        nulls = self.estimates.nulls.take(*self._estimates(columns, rows))
        return np.hstack([nulls, np.full_like(self._baselines(columns, rows), np.nan)])

    def columns_of(self, measure: str, layers: Sequence[int]) -> np.ndarray:
        """The columns of a measure at these layers, as far as they are there."""
        return np.flatnonzero((self.columns["measure"] == measure) & self.columns["layer"].isin(layers))

    def without_plateau(self, conditions: Sequence[str], recipe: Recipe, columns: np.ndarray) -> int:
        """How many estimates of these columns have no plateau, over all texts of the conditions."""
        numbers = [number for number, condition in enumerate(recipe.conditions) if condition.name in conditions]
        return int(sum(self.estimates.without_plateau(number, self.places[columns]).sum() for number in numbers))

    def of_baselines(self, names: Sequence[str], rows: np.ndarray) -> np.ndarray:
        """``[n, J]`` of these baselines, in their order."""
        measures = self.columns["measure"].tolist()
        return self.values(np.array([measures.index(name) for name in names], dtype=int), rows)

    def contrast(
        self,
        a: ConditionSide,
        b: ConditionSide,
        seed: int,
        read: Callable[[np.ndarray], np.ndarray | Columns],
        baselines: Sequence[str] = (),
    ) -> Contrasts:
        """The samples of side a against those of side b, column by column.

        Args:
            seed: of all resampling; a recipe's may be larger than numpy takes.
            read: from the samples of both sides, ``[S]`` bool, to their numbers ``[n, K]``.
            baselines: that each column is set beside.
        """
        in_a = self.rows(a)
        rows = in_a | self.rows(b)
        beside = self.of_baselines(baselines, rows) if baselines else None
        return auc_contrast(read(rows), in_a[rows], self.prompts[rows], beside, seed=seed % 2**32)

    def _estimates(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.places[columns[columns < len(self.places)]], rows

    def _baselines(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self.baselines[np.ix_(rows, columns[columns >= len(self.places)] - len(self.places))]


@dataclass(frozen=True)
class SelectedColumns:
    """Some columns of some samples, read a few at a time."""

    table: SampleTable
    columns: np.ndarray
    rows: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.rows.sum()), len(self.columns)

    def take(self, columns: np.ndarray) -> np.ndarray:
        return self.table.values(self.columns[columns], self.rows)


def make_sample_table(
    samples: pd.DataFrame, estimates: Iterable[pd.DataFrame], recipe: Recipe, folder: Path | None = None
) -> SampleTable:
    """Samples by the recipe's measures. A value whose status is neither "ok" nor "no_plateau" is nan.

    Args:
        samples: the table of samples, or of it `facts_of(recipe)`.
        estimates: the table of estimates, in pieces; all of a sample in one of them.
        folder: where the columns of many samples lie until they are contrasted, in a file without a name.
    """
    usable = samples[samples["window_start"].notna() & samples["error"].isna()].reset_index(drop=True)
    numbers = {condition.name: number for number, condition in enumerate(recipe.conditions)}
    groups = usable["condition"].map(numbers).fillna(-1).to_numpy(dtype=int)
    measures = (*recipe.measures.geometric, *SCALE_MEASURES)
    gathered = EstimateColumns(usable["sample"], groups, measures, folder)
    for piece in estimates:
        gathered.add(piece)
    keys = sorted(gathered.keys, key=lambda key: (measures.index(key[0]), key[1] is not None, key[1]))
    columns = [_column(measure, layer) for measure, layer in keys]
    columns += [
        {"measure": name, "layer": None, "axis": "none", "cloud": "none", "is_scale": False}
        for name in recipe.measures.baselines
    ]
    return SampleTable(
        usable,
        pd.DataFrame(columns, columns=["measure", "layer", "axis", "cloud", "is_scale"]).astype({"layer": "Int64"}),
        np.array([gathered.keys[key] for key in keys], dtype=int),
        gathered,
        usable[list(recipe.measures.baselines)].to_numpy(float),
        np.unique(usable["prompt"].to_numpy(dtype=str), return_inverse=True)[1],
    )


def facts_of(recipe: Recipe) -> list[str]:
    """The columns of the table of samples that results are made of."""
    return [*FACTS, *(["text_tokens"] if recipe.given else []), *recipe.measures.baselines]


def _column(measure: str, layer: int | None) -> dict[str, object]:
    known = EVERY_MEASURE[measure]
    is_scale = measure in SCALE_MEASURES
    return {"measure": measure, "layer": layer, "axis": known.axis, "cloud": known.cloud, "is_scale": is_scale}


def fair_baselines(a: ConditionSide, b: ConditionSide, recipe: Recipe) -> list[str]:
    """The baselines of a contrast. A label is made of rep-4, which tells labelled sides apart by definition: no
    baseline there."""
    is_labelled = a.label is not None or b.label is not None
    return [name for name in recipe.measures.baselines if not (name == "rep_4" and is_labelled)]


def side_words(side: ConditionSide) -> str:
    """
    >>> side_words(ConditionSide(conditions=("greedy", "nucleus"), label="loop"))
    'greedy+nucleus (loop)'
    >>> side_words(ConditionSide(conditions=("cool",), label=("loop", "templated")))
    'cool (loop or templated)'
    """
    conditions = "+".join(side.conditions)
    return f"{conditions} ({side.label_words})" if side.labels else conditions
