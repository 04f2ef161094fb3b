"""A claim and its one test, before it is known how many others were asked. Knows numbers and words; decides nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from llmgeo.measures.status import NO_PLATEAU, OK
from llmgeo.statistics.beside_baselines import outcome
from llmgeo.statistics.prompt_table import FEW_PROMPTS, UNEQUAL_SPREADS

UNTESTED = (FEW_PROMPTS, UNEQUAL_SPREADS, NO_PLATEAU)
"""Statuses of an effect of which there is no test that would hold its level."""

EffectKind = Literal["auc", "difference", "correlation", "share", "ratio", "range"]

EFFECT_WORDS: dict[EffectKind, str] = {
    "auc": "AUC",
    "difference": "difference",
    "correlation": "rank correlation",
    "share": "share",
    "ratio": "ratio",
    "range": "range",
}
"""What an effect is called wherever people read of it."""

NO_EFFECT: dict[EffectKind, float] = {
    "auc": 0.5,
    "difference": 0.0,
    "correlation": 0.0,
    "share": 0.0,
    "ratio": 1.0,
    "range": math.nan,
}
"""The value of each kind of effect that means no effect, where a test names no other."""


@dataclass(frozen=True)
class Side:
    """One side of a claim.

    Attributes:
        words: what it is called.
        conditions: the conditions of the layers table that it consists of.
        value: its mean, in the unit of the claim's measure; nan where it has none.
        n: texts, or whatever else is counted.
        label: where the side is made of the texts with that label alone: loop, say, or one of several, loop or
            templated.
    """

    words: str
    conditions: tuple[str, ...] = ()
    value: float = math.nan
    n: int = 0
    label: str | None = None


@dataclass(frozen=True)
class Reading:
    """What one measure reads, layer by layer, where a claim says in which range a value lies.

    Attributes:
        values: one a layer.
        is_decisive: whether a value in the range is enough for the claim; otherwise it leaves the claim open.
        spans: the lowest and the highest value over the scales of each layer; empty where there is one value alone.
        is_disowned: whether the values depend on the scale and it is not known how: nothing rests on them.
    """

    values: tuple[float, ...]
    is_decisive: bool
    spans: tuple[tuple[float, float], ...] = ()
    is_disowned: bool = False

    @property
    def extents(self) -> tuple[tuple[float, float], ...]:
        """The lowest and the highest value of each layer."""
        return self.spans or tuple((value, value) for value in self.values)


@dataclass(frozen=True)
class Range:
    """A claim that a value lies between `low` and `high`, inclusive, and what several measures read."""

    low: float
    high: float
    readings: tuple[Reading, ...]

    def holds(self, reading: Reading) -> bool:
        """Whether the reading lies in the range at any layer, at every scale there."""
        return any(self.low <= lowest and highest <= self.high for lowest, highest in reading.extents)

    def touches(self, reading: Reading) -> bool:
        """Whether some of the scales of a layer lie in the range, or on both sides of it."""
        return any(lowest <= self.high and self.low <= highest for lowest, highest in reading.extents)


@dataclass(frozen=True)
class Scales:
    """The same claim, tested at each scale that a dimension can be read at. Tuples are parallel.

    Attributes:
        neighbours: the nearer neighbour n1 of each scale.
        effects: at each scale, with `low` and `high`, and the values of both sides there.
        as_predicted: at how many scales the effect lies on the side that the sentence claims.
        clear: at how many of all scales p is below 0.05 and the interval leaves out no effect.
        shown: the scale whose effect is the claim's, the weakest; None where the measure's own estimate is weaker.
        has_plateau: whether most texts of both sides have one dimension, whatever the scale.
        unmeasured: how many more scales there are, at which one of the sides has no value.
    """

    neighbours: tuple[int, ...]
    effects: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    a_values: tuple[float, ...]
    b_values: tuple[float, ...]
    as_predicted: int
    clear: int
    shown: int | None
    has_plateau: bool
    unmeasured: int = 0


@dataclass(frozen=True, kw_only=True)
class ClaimTest:
    """A claim and its one test, before it is known how many others were asked.

    Attributes:
        claim, source, sentence: the claim's name, where it was read, and what it says.
        effect: of a against b; `low`, `high`: its interval; `p` of no effect. nan where there is none.
        effect_is: what kind of effect it is.
        nothing: the value that means no effect; the usual one of its kind (`NO_EFFECT`) if left out.
        expect: the direction that the sentence claims.
        measure, cloud, axis: what was measured; None where it is no single measure.
        layers: the layers that the effect is a mean over; `layer_words`: which these are, in words.
        words: both sides' values in plain words.
        noise: the effect that numerical noise alone makes; nan if not known. An effect within it decides nothing.
        baseline: the strongest measure without any geometry; `baseline_effect`: its effect, of the same kind.
        gain: how much farther the effect lies from no effect than the baseline's; `gain_low`, `gain_high`: its
            interval, the choice of the baseline allowed for.
        counted: what is resampled, of which there may be too few, in words.
        remarks: what the verdict must not be read without, whatever it is.
        status: "ok", or why there is no test.
        cannot_be: why no measurement at all could bear the sentence out, where its measure knows nothing of what the
            sentence says. There is no effect then, and nothing is tested.
        range: set where the claim is about a range of values, which no p decides.
        scales: set where the measure reads a dimension, which may be another one at every scale: the effect is then the
            weakest over the scales, and p the largest (`over_scales`).
    """

    claim: str
    source: str
    sentence: str
    effect_is: EffectKind
    expect: Literal["a > b", "a < b"] | None
    layer_words: str
    a: Side
    b: Side
    effect: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    nothing: float | None = None
    measure: str | None = None
    cloud: str | None = None
    axis: str | None = None
    layers: tuple[int, ...] = ()
    words: str | None = None
    noise: float = math.nan
    baseline: str | None = None
    baseline_effect: float = math.nan
    gain: float = math.nan
    gain_low: float = math.nan
    gain_high: float = math.nan
    counted: str = "prompts"
    remarks: tuple[str, ...] = ()
    status: str = OK
    cannot_be: str | None = None
    range: Range | None = None
    scales: Scales | None = None

    @property
    def no_effect(self) -> float:
        return NO_EFFECT[self.effect_is] if self.nothing is None else self.nothing

    @property
    def beside_baseline(self) -> str | None:
        """Whether the effect is "better than" the strongest baseline's, "no better than" it, or "not told apart from"
        it; None without a baseline."""
        return outcome(self.gain_low, self.gain_high)

    @property
    def is_untested(self) -> bool:
        """Whether there is an effect, and no test of it that would hold its level."""
        return self.status in UNTESTED

    @property
    def is_as_predicted(self) -> bool:
        """Whether the effect lies on the side of no effect that the sentence claims."""
        return self.effect > self.no_effect if self.expect == "a > b" else self.effect < self.no_effect

    @property
    def stands_out(self) -> bool:
        """Whether the interval leaves out no effect, and the effect exceeds numerical noise; what is not known of them
        holds nothing back."""
        return not self.low <= self.no_effect <= self.high and not self.is_within_noise

    @property
    def is_within_noise(self) -> bool:
        """Whether numerical noise alone makes as large an effect, where that is known."""
        return abs(self.effect - self.no_effect) <= self.noise

    @property
    def is_measured(self) -> bool:
        return (
            self.cannot_be is None
            and (self.status == OK or self.is_untested)
            and (self.range is not None or math.isfinite(self.effect))
        )
