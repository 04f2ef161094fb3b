"""A claim's row in the words of a screen or page. Knows the claims table; no experiment, no recipe."""

from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES, TOO_FEW_POINTS
from llmgeo.report import effect_words, words
from llmgeo.report.records import rows
from llmgeo.statistics.beside_baselines import NO_BETTER, NOT_TOLD_APART
from llmgeo.statistics.claim_test import EFFECT_WORDS
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.statistics.verdict import COLUMNS, CONTRADICTED, SUPPORTED

SAME_MODEL = "same_model"
"""The status of a claim on two models that are one."""

TEXTS = ("text", "texts")
"""What stands on the sides of most claims, one of it and several."""


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """A paper's sentence and what the model answers: a row of `run.claims`, whose columns the attributes are.

    What is missing is None. The attributes mean what they mean in `statistics.verdict`; `counted` says what stands on
    either side, one of it and several.
    """

    claim: str
    source: str
    sentence: str
    verdict: str
    conclusion: str
    effect: float | None
    effect_is: str
    nothing: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    expect: str | None
    measure: str | None
    cloud: str | None
    axis: str | None
    layers: list[int]
    layer_words: str
    a_words: str
    b_words: str
    a_value: float | None
    b_value: float | None
    a_conditions: list[str]
    b_conditions: list[str]
    n_a: int
    n_b: int
    words: str | None
    noise: float | None
    baseline: str | None
    baseline_effect: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    beside_baseline: str | None
    caveat: str | None
    status: str
    a_label: str | None
    b_label: str | None
    scales: int | None
    scales_as_predicted: int | None
    scales_clear: int | None
    scale_shown: int | None
    has_plateau: bool | None
    scale_neighbours: list[int]
    scale_effects: list[float]
    scale_low: list[float]
    scale_high: list[float]
    scale_a_values: list[float]
    scale_b_values: list[float]
    counted: tuple[str, str] = TEXTS

    @property
    def evidence(self) -> str | None:
        """The effect with its interval, q and floors, beside the baseline's; None where nothing was measured."""
        if self.effect is None:
            return None
        q = [words.q(self.q)] if self.q is not None else []
        return f"{self.layer_words}{self._scale}: {', '.join([self.effect_words, *q])}{self._floors}{self._baseline}"

    @property
    def gain_words(self) -> str | None:
        """How many more pairs geometry separates than the strongest baseline; None where no verdict rests on it."""
        if self.effect_is != "auc" or self.beside_baseline is None or self.verdict not in (SUPPORTED, CONTRADICTED):
            return None
        return effect_words.gain(self.gain, self.gain_low, self.gain_high, words.measure(self.baseline))

    @property
    def _scale(self) -> str:
        """Which scale the effect is of, where it is that of the weakest."""
        if self.scale_shown is None:
            return ""
        neighbours = f"neighbours {self.scale_shown} and {2 * self.scale_shown}"
        is_one_way = self.scales_as_predicted in (0, self.scales)
        return f", weakest scale ({neighbours})" if is_one_way else f", at {neighbours}"

    @property
    def effect_words(self) -> str:
        """The effect in the unit that it has, with its interval, turned to the prediction."""
        if self.effect_is == "auc":
            ends = self.effect, self.low, self.high
            if self.expect is None:
                return effect_words.higher_or_lower(*ends, self.a_words)
            return effect_words.pairs_as_predicted(*ends, self.expect)
        if self.effect_is == "difference":
            number = words.value_interval(self._unit_of, self.effect, self.low, self.high, "too few prompts")
            unit = EVERY_MEASURE[self._unit_of].unit if self._unit_of in EVERY_MEASURE else ""
            number += f" {unit}" if unit and unit not in number else ""
        else:
            number = f"{self.effect:.2f} {words.interval(self.low, self.high)}"
        is_signed = self.effect_is in ("difference", "correlation") and self.effect > 0
        return f"{EFFECT_WORDS[self.effect_is]} {'+' * is_signed}{number}{self._direction}"

    @property
    def _direction(self) -> str:
        """Whether an effect that has a sign goes the way that the sentence says."""
        if self.expect is None or self.nothing is None or self.effect == self.nothing:
            return ""
        is_as_predicted = (self.effect > self.nothing) == (self.expect == "a > b")
        return ", as predicted" if is_as_predicted else ", against the prediction"

    @property
    def _floors(self) -> str:
        """What the effect must exceed, where that is known."""
        if self.noise is None:
            return ""
        if self.effect_is == "auc":
            return f" (rounding alone moves it by {effect_words.of_100(self.noise)})"
        return f" (rounding alone: {self._in_unit(self.noise)})"

    @property
    def _baseline(self) -> str:
        """What the strongest baseline tells by itself, in whichever direction."""
        if self.baseline is None or self.baseline_effect is None:
            return ""
        if self.effect_is == "auc":
            told = f"{effect_words.of_100(effect_words.told(self.baseline_effect))} of 100"
        else:
            told = f"{EFFECT_WORDS[self.effect_is]} {self.baseline_effect:+.2f}"
        return f"; {words.measure(self.baseline)} alone: {told}"

    @property
    def _unit_of(self) -> str:
        """The measure whose unit the effect has: of a difference alone."""
        return self.measure or "" if self.effect_is == "difference" else ""

    def _in_unit(self, number: float | None) -> str:
        return words.value(self._unit_of, number)

    @property
    def why_not_measured(self) -> str:
        """What kept a claim from being tested, with the texts on each side."""
        reason = words.reason(self.status)
        if self.status in (NEEDS_STATES, LAYERS_LEFT_OUT, SAME_MODEL):
            return reason
        if self.effect_is == "range":
            return f"{reason}: {self.caveat}" if self.caveat else reason
        if self.status != NO_SAMPLES and not (self.n_a or self.n_b):  # it is not for want of texts
            return reason
        if self.status == TOO_FEW_POINTS:  # a point is a text here
            return f"too few texts ({self.n_a:,}{'' if self.effect_is == 'correlation' else f' against {self.n_b:,}'})"
        if self.status == NO_SAMPLES and self.counted != TEXTS:
            return f"no {self.counted[0]} on one side ({self.sides})"
        if self.status == NO_SAMPLES:
            side, label = (self.a_words, self.a_label) if self.n_a <= self.n_b else (self.b_words, self.b_label)
            return words.why_empty(side, label, self.n_a, self.n_b)
        return f"{reason} ({self.sides})"

    @property
    def sides(self) -> str:
        """How many texts the claim stands on."""
        if self.effect_is == "correlation":
            return words.count(self.n_a, *self.counted)
        return f"{self.n_a:,} against {words.count(self.n_b, *self.counted)}"

    @property
    def is_no_news(self) -> bool:
        """Whether the claim's measure is not seen to do better than a baseline without any geometry."""
        return self.beside_baseline in (NO_BETTER, NOT_TOLD_APART)

    @property
    def is_open_beside_baseline(self) -> bool:
        """Whether these texts leave open if geometry does better than the baseline."""
        return self.beside_baseline == NOT_TOLD_APART


def claim_answers(table: pd.DataFrame, counted: tuple[str, str] = TEXTS) -> tuple[ClaimAnswer, ...]:
    """One answer a row of the claims table, in its order.

    Args:
        counted: what stands on the sides, one of it and several.

    Results of an earlier llmgeo have fewer columns: what they lack is None, and the conclusion is the verdict.
    """
    return tuple(_answer(row, counted) for row in rows(table.reindex(columns=list(COLUMNS))))


def _answer(row: dict[str, object], counted: tuple[str, str]) -> ClaimAnswer:
    lists = {name: row[name] or [] for name in COLUMNS if name.startswith("scale_") and name != "scale_shown"}
    return ClaimAnswer(**row | lists | {"conclusion": row["conclusion"] or row["verdict"]}, counted=counted)
