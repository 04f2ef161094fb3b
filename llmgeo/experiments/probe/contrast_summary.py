"""Summarizes each contrast: what tells its two sides apart best, and whether a baseline without geometry does as well.

Knows the columns of the table of contrasts. The best number was picked from many after looking, so a summary says from
how many, its interval is one that holds for all of them, and so is what it gains over the strongest baseline. Layer 0,
the embedding, stands apart: it knows the tokens and no context, and would win wherever words repeat. Computes no
statistics of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from llmgeo.experiments.probe import sentences
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import NO_VALUES
from llmgeo.report import effect_words
from llmgeo.report.nothing_found import nothing_found
from llmgeo.report.records import rows
from llmgeo.report.words import is_missing, reason, why_empty
from llmgeo.statistics.beside_baselines import outcome
from llmgeo.statistics.decidable import fewest_prompts
from llmgeo.texts.degeneration import labels_in

OK = "ok"
EMBEDDING = 0
"""The layer before any block: a token's state there is the same in every text."""

SIGNIFICANT = 0.05
"""q below this counts as a difference."""

_MAKES_THE_LABEL = "rep_4"


@dataclass(frozen=True)
class Effect:
    """One measure at one layer (None: a baseline, which has none), side a against side b.

    Attributes:
        auc, low, high, q: the effect, its interval and its corrected p; None where there is none. The interval holds
            for all measures and layers of the contrast at once, since this one was chosen; a baseline's is its own.
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
    def told(self) -> float | None:
        """In which share of pairs the text with the higher (or the lower) value is of the same side."""
        return None if self.auc is None else effect_words.told(self.auc)

    @property
    def is_significant(self) -> bool:
        return self.q is not None and self.q < SIGNIFICANT


@dataclass(frozen=True)
class ContrastSide:
    """One side of a contrast: the texts of these conditions, or those among them with this label, or one of several
    ("loop or templated"); and in words."""

    words: str
    conditions: tuple[str, ...]
    label: str | None

    def holds(self, samples: pd.DataFrame) -> pd.Series:
        """Which rows of a table of samples stand on this side: bool."""
        on_side = samples["condition"].isin(self.conditions)
        return on_side if self.label is None else on_side & samples["label"].isin(labels_in(self.label))


@dataclass(frozen=True)
class ContrastSummary:
    """A contrast and what it found.

    Attributes:
        name: the contrast's; `a`, `b`: its two sides.
        best: the strongest effect with q < 0.05 among all measures and layers but the embedding; None if there is none.
        embedding: the strongest with q < 0.05 at the embedding, layer 0; None if there is none.
        measures: each measure at its strongest layer but the embedding, in the recipe's order.
        baselines: the measures that know no geometry.
        baseline: the strongest of them, None if none was measured. Where a side was chosen by its label, rep-4 is left
            out: the label was made of it, so it would win by definition.
        gain_low, gain_high: how much better the best of all these measures and layers tells the sides apart than the
            best baseline: the interval of the gain, both choices allowed for; None without. The lower ends hold for the
            embedding as well, all at once, so that they do for any of them.
        tests: effects `best` was picked from.
        ties: how many of the others are just as strong as `best`.
        status: "ok", or why nothing could be compared.
    """

    name: str
    a: ContrastSide
    b: ContrastSide
    best: Effect | None
    embedding: Effect | None
    measures: tuple[Effect, ...]
    baselines: tuple[Effect, ...]
    baseline: Effect | None
    gain_low: float | None
    gain_high: float | None
    tests: int
    ties: int
    status: str

    @property
    def beside_baseline(self) -> str | None:
        """Whether geometry at its best is "better than" the strongest baseline, "no better than" or "not told apart
        from" it; None without a baseline."""
        return outcome(self.gain_low, self.gain_high)

    @property
    def beside_words(self) -> str:
        """What the strongest baseline tells, and whether geometry at its best tells more."""
        if self.baseline is None:
            return sentences.NO_BASELINE
        if self.best is None or self.beside_baseline is None:
            return sentences.baseline_alone(self.baseline.measure, self.baseline.told)
        return sentences.beside_baseline(self.beside_baseline, self.baseline.measure, self.baseline.told)

    @property
    def why_nothing(self) -> str:
        """What it means that there is no best effect: no difference, or none that such texts could have shown."""
        n_a, n_b = max((effect.n_a, effect.n_b) for effect in (*self.measures, *self.baselines))
        if self.status != NO_VALUES and min(n_a, n_b) < fewest_prompts(1):
            side = self.a if n_a <= n_b else self.b
            return why_empty(side.words, side.label, n_a, n_b)
        intervals = [(effect.low, effect.high) for effect in self.measures]
        why = nothing_found(intervals) if self.status == OK else reason(self.status)
        return sentences.why_nothing(why, n_a, n_b)


def summarize_contrasts(table: pd.DataFrame) -> tuple[ContrastSummary, ...]:
    """One summary a contrast, in the order of the table (`run.contrasts`)."""
    return tuple(_summary(str(name), of_contrast) for name, of_contrast in table.groupby("contrast", sort=False))


def _summary(contrast: str, table: pd.DataFrame) -> ContrastSummary:
    is_baseline, is_embedding = table["layer"].isna(), table["layer"].eq(EMBEDDING).fillna(False)
    inner = table[~is_baseline & ~is_embedding]
    measures = _strongest_of_each(inner if len(inner) else table[is_embedding])
    at_embedding = _strongest_of_each(table[is_embedding])
    baselines = _strongest_of_each(table[is_baseline])
    a, b = (_side(name, table) for name in ("a", "b"))
    by_label = a.label is not None or b.label is not None
    best = _strongest(effect for effect in measures if effect.is_significant and effect.layer != EMBEDDING)
    strengths = (inner["auc"] - 0.5).abs()
    fair = [effect for effect in baselines if not (by_label and effect.measure == _MAKES_THE_LABEL)]
    return ContrastSummary(
        contrast,
        a,
        b,
        best=best,
        embedding=_strongest(effect for effect in at_embedding if effect.is_significant),
        measures=measures,
        baselines=baselines,
        baseline=_strongest(effect for effect in fair if effect.auc is not None),
        gain_low=_highest(inner, "best_gain_low"),
        gain_high=_highest(inner, "gain_high"),
        tests=len(inner),
        ties=0 if best is None else int((strengths >= best.strength).sum()) - 1,
        status=OK if (table["status"] == OK).any() else str(table["status"].iloc[0]),
    )


def _highest(table: pd.DataFrame, column: str) -> float | None:
    """The best column's end of the interval, which is the highest of all; None where there is none."""
    highest = table[column].max() if column in table else None
    return None if is_missing(highest) else float(highest)


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
    """The first of the strongest: where many layers tell the sides apart perfectly, the lowest stands for them.

    Of several that are as strong, one whose value does not depend on the scale at which it is read.
    """
    return max(effects, key=lambda effect: (effect.strength, not _has_scales(effect.measure)), default=None)


def _has_scales(measure: str) -> bool:
    return measure in EVERY_MEASURE and bool(EVERY_MEASURE[measure].by_scale)


def _effect(record: dict, significant: int, layers: int) -> Effect:
    numbers = {key: record[key] for key in ("auc", "q", "mean_a", "mean_b")}
    return Effect(
        record["measure"],
        record["layer"],
        **numbers,
        low=record.get("band_low", record["low"]),
        high=record.get("band_high", record["high"]),
        n_a=int(record["n_a"] or 0),
        n_b=int(record["n_b"] or 0),
        status=record["status"] or OK,
        significant=significant,
        layers=layers,
    )
