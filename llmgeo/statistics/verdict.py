"""One claim, one verdict: from the tests of all claims that were asked together to what each of them comes to.

An experiment makes one `ClaimTest` of each claim, and `decide` says of all of them what they come to, because q depends
on how many there are. A verdict's row holds everything that a screen, a page or a program needs, so that nothing is
looked up again. Knows numbers and the words that came with them; no experiment, no recipe, no run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES, OK
from llmgeo.statistics.beside_baselines import outcome
from llmgeo.statistics.multiple_testing import benjamini_hochberg
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES, UNEQUAL_SPREADS

WHY_UNTESTED = {
    FEW_PROMPTS: f"fewer than {FEWEST_PROMPTS} prompts on a side",
    UNEQUAL_SPREADS: "few prompts on one side, which spread much wider than the other's",
}
"""Why there is an effect and no p, by status."""

SIGNIFICANT = 0.05
"""A claim is decided where q lies below this."""

SUPPORTED, CONTRADICTED, UNDECIDED, NOT_MEASURED = "supported", "contradicted", "undecided", "not measured"

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

COLUMNS = (
    "claim", "source", "sentence", "verdict", "effect", "effect_is", "nothing", "low", "high", "p", "q", "expect",
    "measure", "cloud", "axis", "layers", "layer_words", "a_words", "b_words", "a_value", "b_value", "a_conditions",
    "b_conditions", "n_a", "n_b", "words", "noise", "baseline", "baseline_effect", "gain", "gain_low", "gain_high",
    "beside_baseline", "caveat", "status",
)  # fmt: skip
"""The columns of a claims table, in order."""


@dataclass(frozen=True)
class Side:
    """One side of a claim.

    Attributes:
        words: what it is called.
        conditions: the conditions of the layers table that it consists of.
        value: its mean, in the unit of the claim's measure; nan where it has none.
        n: texts, or whatever else is counted.
    """

    words: str
    conditions: tuple[str, ...] = ()
    value: float = math.nan
    n: int = 0


@dataclass(frozen=True)
class Reading:
    """What one measure reads, layer by layer, where a claim says in which range a value lies.

    Attributes:
        values: one a layer.
        is_decisive: whether a value in the range is enough for the claim; otherwise it leaves the claim open.
    """

    values: tuple[float, ...]
    is_decisive: bool


@dataclass(frozen=True)
class Range:
    """A claim that a value lies between `low` and `high`, inclusive, and what several measures read."""

    low: float
    high: float
    readings: tuple[Reading, ...]

    def holds(self, reading: Reading) -> bool:
        """Whether the reading lies in the range at any layer."""
        return any(self.low <= value <= self.high for value in reading.values)


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
        remarks: what the verdict must not be read without, whatever it is.
        status: "ok", or why there is no test.
        range: set where the claim is about a range of values, which no p decides.
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
    remarks: tuple[str, ...] = ()
    status: str = OK
    range: Range | None = None

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
        return self.status in (FEW_PROMPTS, UNEQUAL_SPREADS)

    @property
    def is_measured(self) -> bool:
        return (self.status == OK or self.is_untested) and (self.range is not None or math.isfinite(self.effect))


@dataclass(frozen=True)
class Verdict:
    """A test, and what it came to among the others.

    Attributes:
        q: p corrected for all tests that were asked together; nan where nothing was tested.
        verdict: "supported", "contradicted", "undecided" or "not measured".
        caveat: what the verdict must not be read without; None if it needs no such words.
    """

    test: ClaimTest
    q: float
    verdict: str
    caveat: str | None

    def row(self) -> dict[str, object]:
        """The row of the claims table, with the columns of `COLUMNS`."""
        test = self.test
        row: dict[str, object] = {name: getattr(test, name) for name in COLUMNS if hasattr(test, name)}
        if not math.isfinite(test.effect):  # an interval of no effect is none
            row |= dict.fromkeys(("low", "high", "p"), math.nan)
        row |= {"nothing": test.no_effect, "layers": list(test.layers)}
        row |= {"q": self.q, "verdict": self.verdict, "caveat": self.caveat}
        for name, side in (("a", test.a), ("b", test.b)):
            row |= {f"{name}_words": side.words, f"{name}_value": side.value, f"n_{name}": side.n}
            row |= {f"{name}_conditions": list(side.conditions)}
        return {name: row[name] for name in COLUMNS}


def decide(tests: Sequence[ClaimTest], waiting: int = 0) -> tuple[Verdict, ...]:
    """The verdict of each test, in order.

    q is Benjamini and Hochberg's over all tests that were measured. A claim is *supported* or *contradicted* where q
    is below 0.05, the interval (where there is one) leaves out the value that means no effect, and the effect exceeds
    numerical noise (where that is known); otherwise it is *undecided*, as it is where no test holds its level. A claim
    on a range is supported where a decisive measure lies in it at any layer, undecided where only others do, and
    contradicted where none does.

    Args:
        waiting: claims whose test is still to come. Each counts as p = 1, so that no q gets larger once it is there.

    >>> side = Side(words="loops", n=8)
    >>> test = ClaimTest(claim="thin", source="a paper", sentence="Loops are thin.", effect_is="auc", expect="a < b",
    ...     layer_words="all layers (0-6)", a=side, b=side, effect=0.1, low=0.02, high=0.3, p=0.01)
    >>> [verdict] = decide([test])
    >>> verdict.verdict, verdict.q, decide([test], waiting=9)[0].verdict
    ('supported', 0.01, 'undecided')
    """
    p = [test.p if test.is_measured and not test.is_untested else math.nan for test in tests]
    every_q = benjamini_hochberg(np.array([*p, *[1.0] * waiting], dtype=float))[: len(tests)]
    return tuple(_judged(test, float(q)) for test, q in zip(tests, every_q, strict=True))


def claim_frame(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """The claims table: one row a verdict, with the columns of `COLUMNS`."""
    return pd.DataFrame([verdict.row() for verdict in verdicts], columns=list(COLUMNS))


def describe_layers(layers: Sequence[int], name: str | None = None, measured: Sequence[int] | None = None) -> str:
    """The layers that a claim is about, in words.

    Args:
        layers: their numbers, at least one.
        name: what they are called: "all", "middle third".
        measured: those among them that were measured, where some were left out.

    >>> describe_layers([11, 12, 13], "middle third"), describe_layers(range(31), "all")
    ('middle third (layers 11-13)', 'all layers (0-30)')
    >>> describe_layers([5, 6]), describe_layers([5])
    ('layers 5, 6', 'layer 5')
    >>> describe_layers([5, 6, 7], "early third", measured=[6])
    'early third (layers 5-7), of which 6 measured'
    """
    layers = list(layers)
    noun = "layers" if len(layers) > 1 else "layer"
    span = f"{layers[0]}-{layers[-1]}" if len(layers) > 1 else str(layers[0])
    if name is None:
        words = f"{noun} {', '.join(map(str, layers))}"
    else:
        words = f"all layers ({span})" if name == "all" else f"{name} ({noun} {span})"
    if measured is None or list(measured) == layers:
        return words
    return f"{words}, of which {', '.join(map(str, measured)) or 'none'} measured"


def _judged(test: ClaimTest, q: float) -> Verdict:
    verdict = _verdict(test, q)
    return Verdict(test, q, verdict, _caveat(test, verdict))


def _verdict(test: ClaimTest, q: float) -> str:
    if not test.is_measured:
        return NOT_MEASURED
    if test.range is not None:
        return _verdict_on_range(test.range)
    nothing = test.no_effect
    # What is nan, an interval or a noise that is not known, compares as False and holds nothing back.
    is_significant = q < SIGNIFICANT and not test.low <= nothing <= test.high
    if test.is_untested or not is_significant or abs(test.effect - nothing) <= test.noise:
        return UNDECIDED
    return SUPPORTED if (test.effect > nothing) == (test.expect == "a > b") else CONTRADICTED


def _verdict_on_range(claimed: Range) -> str:
    inside = [reading for reading in claimed.readings if claimed.holds(reading)]
    if any(reading.is_decisive for reading in inside):
        return SUPPORTED
    return UNDECIDED if inside else CONTRADICTED


def _caveat(test: ClaimTest, verdict: str) -> str | None:
    parts = list(test.remarks)
    if verdict == NOT_MEASURED:
        parts = parts or [_why_not_measured(test)]
    elif test.is_untested:
        parts.insert(0, f"no verdict: {WHY_UNTESTED[test.status]}")
    elif verdict in (SUPPORTED, CONTRADICTED) and test.beside_baseline is not None:
        parts.insert(0, _beside_baseline(test))
    return "; ".join(parts) or None


def _why_not_measured(test: ClaimTest) -> str:
    if test.status == LAYERS_LEFT_OUT:
        return "not measured: the run was made of some layers alone, and none of these is among them"
    if test.status == NEEDS_STATES:
        return "not measured: this window needs the hidden states, which the run did not keep"
    reason = "no texts on one side" if test.status == NO_SAMPLES else test.status.replace("_", " ")
    return f"not measured: {reason} ({test.a.n} against {test.b.n} texts)"


def _beside_baseline(test: ClaimTest) -> str:
    name = EVERY_MEASURE[test.baseline].words
    value = f"{EFFECT_WORDS[test.effect_is]} {test.baseline_effect:.2f}"
    gain = f"gain {test.gain:+.2f} [{test.gain_low:+.2f}, {test.gain_high:+.2f}]"
    return f"{test.beside_baseline} {name} alone ({value}, {gain})"
