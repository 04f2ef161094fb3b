"""Summarizes each contrast: what tells its two sides apart best, and whether a baseline without geometry does as well.

Knows the columns of the table of contrasts. The best number was picked from many after looking, so a summary says from
how many, and names the baseline to compare it with. Computes no statistics of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from llmgeo.report.records import rows

OK = "ok"
SIGNIFICANT = 0.05
"""q below this counts as a difference."""

_MAKES_THE_LABEL = "rep_4"


@dataclass(frozen=True)
class Effect:
    """One measure at one layer (None: a baseline, which has none), side a against side b.

    Attributes:
        auc, low, high, q: the effect, its interval and its corrected p; None where there is none.
        mean_a, mean_b: plain means of the two sides, in the measure's own unit.
        n_a, n_b: texts measured on each side.
        status: "ok", or why there is no effect.
        significant, layers: at how many of the measure's layers q is below 0.05.
    """

    measure: str
    layer: int | None
    auc: float | None
    low: float | None
    high: float | None
    q: float | None
    mean_a: float | None
    mean_b: float | None
    n_a: int
    n_b: int
    status: str
    significant: int
    layers: int

    @property
    def strength(self) -> float:
        """|AUC - 1/2|: how well it tells the sides apart, whichever is higher; -1 where it was not measured."""
        return -1.0 if self.auc is None else abs(self.auc - 0.5)

    @property
    def is_significant(self) -> bool:
        return self.q is not None and self.q < SIGNIFICANT


@dataclass(frozen=True)
class ContrastSide:
    """One side of a contrast: the texts of these conditions, or those among them with this label; and in words."""

    words: str
    conditions: tuple[str, ...]
    label: str | None

    def holds(self, samples: pd.DataFrame) -> pd.Series:
        """Which rows of a table of samples stand on this side: bool."""
        on_side = samples["condition"].isin(self.conditions)
        return on_side if self.label is None else on_side & (samples["label"] == self.label)


@dataclass(frozen=True)
class ContrastSummary:
    """A contrast and what it found.

    Attributes:
        name: the contrast's; `a`, `b`: its two sides.
        best: the strongest effect with q < 0.05 among all measures and layers; None if there is none.
        measures: each measure at its strongest layer, in the recipe's order.
        baselines: the measures that know no geometry.
        baseline: the strongest of them, None if none was measured. Where a side was chosen by its label, rep-4 is left
            out: the label was made of it, so it would win by definition.
        tests: effects `best` was picked from.
        ties: how many of the others are just as strong as `best`.
        status: "ok", or why nothing could be compared.
    """

    name: str
    a: ContrastSide
    b: ContrastSide
    best: Effect | None
    measures: tuple[Effect, ...]
    baselines: tuple[Effect, ...]
    baseline: Effect | None
    tests: int
    ties: int
    status: str

    def beats_baseline(self, effect: Effect) -> bool:
        """Whether an effect tells the sides apart better than the strongest baseline does."""
        return self.baseline is None or effect.strength > self.baseline.strength


def summarize_contrasts(table: pd.DataFrame) -> tuple[ContrastSummary, ...]:
    """One summary a contrast, in the order of the table (`run.contrasts`)."""
    return tuple(_summary(str(name), of_contrast) for name, of_contrast in table.groupby("contrast", sort=False))


def _summary(contrast: str, table: pd.DataFrame) -> ContrastSummary:
    is_baseline = table["layer"].isna()
    measures = _strongest_of_each(table[~is_baseline])
    baselines = _strongest_of_each(table[is_baseline])
    a, b = (_side(name, table) for name in ("a", "b"))
    by_label = a.label is not None or b.label is not None
    best = _strongest(effect for effect in measures if effect.is_significant)
    strengths = (table.loc[~is_baseline, "auc"] - 0.5).abs()
    fair = [effect for effect in baselines if not (by_label and effect.measure == _MAKES_THE_LABEL)]
    return ContrastSummary(
        contrast,
        a,
        b,
        best=best,
        measures=measures,
        baselines=baselines,
        baseline=_strongest(effect for effect in fair if effect.auc is not None),
        tests=int((~is_baseline).sum()),
        ties=0 if best is None else int((strengths >= best.strength).sum()) - 1,
        status=OK if (table["status"] == OK).any() else str(table["status"].iloc[0]),
    )


def _side(name: str, table: pd.DataFrame) -> ContrastSide:
    [record] = rows(table[[name, f"{name}_conditions", f"{name}_label"]][:1])
    words, conditions, label = record.values()
    return ContrastSide(str(words), tuple(conditions), label)


def _strongest_of_each(table: pd.DataFrame) -> tuple[Effect, ...]:
    strongest = []
    for _, of_measure in table.groupby("measure", sort=False):
        records = rows(of_measure)
        significant = sum(record["q"] is not None and record["q"] < SIGNIFICANT for record in records)
        effects = [_effect(record, significant, len(records)) for record in records]
        strongest.append(_strongest(effect for effect in effects if effect.is_significant) or _strongest(effects))
    return tuple(strongest)


def _strongest(effects: Iterable[Effect]) -> Effect | None:
    """The first of the strongest: where many layers tell the sides apart perfectly, the lowest stands for them."""
    return max(effects, key=lambda effect: effect.strength, default=None)


def _effect(record: dict, significant: int, layers: int) -> Effect:
    numbers = {key: record[key] for key in ("auc", "low", "high", "q", "mean_a", "mean_b")}
    return Effect(
        record["measure"],
        record["layer"],
        **numbers,
        n_a=int(record["n_a"] or 0),
        n_b=int(record["n_b"] or 0),
        status=record["status"] or OK,
        significant=significant,
        layers=layers,
    )
