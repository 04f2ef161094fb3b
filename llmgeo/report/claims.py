"""A claim's row in the words of a screen or page. Knows the claims table; no experiment, no recipe."""

from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES
from llmgeo.report import words
from llmgeo.report.records import rows
from llmgeo.statistics.beside_baselines import NO_BETTER, NOT_TOLD_APART
from llmgeo.statistics.verdict import COLUMNS, EFFECT_WORDS


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """A paper's sentence and what the model answers: a row of `run.claims`, whose columns the attributes are.

    What is missing is None. The attributes mean what they mean in `statistics.verdict`.
    """

    claim: str
    source: str
    sentence: str
    verdict: str
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

    @property
    def evidence(self) -> str | None:
        """The effect with its interval, q and floors; None where nothing was measured."""
        if self.effect is None:
            return None
        return f"{self.layer_words}: {EFFECT_WORDS[self.effect_is]} {self._effect}{self._floors}"

    @property
    def _effect(self) -> str:
        """The effect in the unit that it has, with its interval and q."""
        if self.effect_is == "difference":
            value, low, high = (self._in_unit(number) for number in (self.effect, self.low, self.high))
            if self.low is None or self.high is None:
                return f"{value}, too few texts for an interval"
            return f"{value} [{low}, {high}], {words.q(self.q)}"
        value = words.auc(self.effect) if self.effect_is == "auc" else f"{self.effect:.2f}"
        return f"{value} {words.interval(self.low, self.high)}, {words.q(self.q)}"

    @property
    def _floors(self) -> str:
        """What the effect must exceed, where that is known."""
        return "" if self.noise is None else f" (rounding {self._in_unit(self.noise)})"

    def _in_unit(self, number: float | None) -> str:
        """A number with its measure's unit, if the effect is a difference; any other effect has no unit."""
        return words.value(self.measure or "" if self.effect_is == "difference" else "", number)

    @property
    def why_not_measured(self) -> str:
        """What kept a claim from being tested, with the texts on each side."""
        reason = words.reason(self.status)
        if self.status in (NEEDS_STATES, LAYERS_LEFT_OUT, "same_model"):
            return reason
        if self.effect_is == "range":
            return f"{reason}: {self.caveat}" if self.caveat else reason
        if self.status == "no_samples" and min(self.n_a, self.n_b) > 0:
            reason = "too few texts on one side"
        return f"{reason} ({self.sides})"

    @property
    def sides(self) -> str:
        """How many texts the claim stands on."""
        if self.effect_is == "correlation":
            return words.count(self.n_a, "text")
        return f"{self.n_a:,} against {words.count(self.n_b, 'text')}"

    @property
    def is_no_news(self) -> bool:
        """Whether the claim's measure is not seen to tell more than a baseline without any geometry."""
        return self.beside_baseline in (NO_BETTER, NOT_TOLD_APART)

    @property
    def is_open_beside_baseline(self) -> bool:
        """Whether these texts do not tell if geometry says more than the baseline or not."""
        return self.beside_baseline == NOT_TOLD_APART


def claim_answers(table: pd.DataFrame) -> tuple[ClaimAnswer, ...]:
    """One answer a row of the claims table, in its order."""
    return tuple(ClaimAnswer(**row) for row in rows(table.reindex(columns=list(COLUMNS))))
