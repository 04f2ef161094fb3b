"""One claim, one verdict: from the tests of all claims that were asked together to what each of them comes to.

An experiment makes one `ClaimTest` of each claim, and `decide` says of all of them what they come to, because q depends
on how many there are. A verdict's row holds everything that a screen, a page or a program needs, so that nothing is
looked up again. Knows numbers and the words that came with them; no experiment, no recipe, no run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES, NO_PLATEAU
from llmgeo.messages import in_words
from llmgeo.statistics.beside_baselines import BETTER, NO_BETTER, NOT_TOLD_APART
from llmgeo.statistics.claim_test import ClaimTest, Range, Scales
from llmgeo.statistics.multiple_testing import benjamini_hochberg
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES, UNEQUAL_SPREADS

WHY_UNTESTED = {
    FEW_PROMPTS: f"fewer than {in_words(FEWEST_PROMPTS)} {{counted}} on a side",
    UNEQUAL_SPREADS: "one side has few prompts, whose values spread much more widely than the other side's",
    NO_PLATEAU: "the value depends on the scale in most texts, and this run has no curve over the scales",
}
"""Why there is an effect and no p, by status; of what there is too little stands in the test."""

SIGNIFICANT = 0.05
"""A claim is decided where q lies below this."""

SUPPORTED, CONTRADICTED, UNDECIDED, NOT_MEASURED = "supported", "contradicted", "undecided", "not measured"

CANNOT_BE = "cannot be"
"""Of a sentence that no value of its measure could bear out, such as one that reads a path out of a set of points. It
says nothing of the model: the same answer holds for all of them."""

VERDICTS = (SUPPORTED, CONTRADICTED, UNDECIDED, NOT_MEASURED, CANNOT_BE)

BESIDE = {BETTER: "beyond", NO_BETTER: "nothing beyond", NOT_TOLD_APART: "not clearly beyond"}
"""What geometry tells beside a baseline, as it follows a verdict."""

COLUMNS = (
    "claim", "source", "sentence", "verdict", "conclusion", "effect", "effect_is", "nothing", "low", "high", "p", "q",
    "expect", "measure", "cloud", "axis", "layers", "layer_words", "a_words", "b_words", "a_value", "b_value",
    "a_conditions", "b_conditions", "n_a", "n_b", "words", "noise", "baseline", "baseline_effect", "gain", "gain_low",
    "gain_high", "beside_baseline", "caveat", "status", "a_label", "b_label", "scales", "scales_as_predicted",
    "scales_clear", "scale_shown", "has_plateau", "scale_neighbours", "scale_effects", "scale_low", "scale_high",
    "scale_a_values", "scale_b_values",
)  # fmt: skip
"""The columns of a claims table, in order."""


@dataclass(frozen=True)
class Verdict:
    """A test, and what it came to among the others.

    Attributes:
        q: p corrected for all tests that were asked together; nan where nothing was tested.
        verdict: "supported", "contradicted", "undecided", "not measured" or "cannot be".
        caveat: what the verdict must not be read without; None if it needs no such words.
    """

    test: ClaimTest
    q: float
    verdict: str
    caveat: str | None

    @property
    def conclusion(self) -> str:
        """The verdict, and what geometry tells beside the strongest baseline, where it is decided: one phrase.

        "supported, nothing beyond mean entropy", "contradicted, beyond mean entropy", "supported", "undecided".
        """
        beside = self.test.beside_baseline if self.verdict in (SUPPORTED, CONTRADICTED) else None
        return self.verdict + (f", {BESIDE[beside]} {EVERY_MEASURE[self.test.baseline].words}" if beside else "")

    def row(self) -> dict[str, object]:
        """The row of the claims table, with the columns of `COLUMNS`."""
        test = self.test
        row: dict[str, object] = {name: getattr(test, name) for name in COLUMNS if hasattr(test, name)}
        row |= _scale_columns(test.scales)
        if self.verdict == CANNOT_BE:  # a number beside it would be read as evidence
            row["effect"] = math.nan
        if not math.isfinite(row["effect"]):  # an interval of no effect is none
            row |= dict.fromkeys(("low", "high", "p"), math.nan)
        row |= {"nothing": test.no_effect, "layers": list(test.layers)}
        row |= {"q": self.q, "verdict": self.verdict, "conclusion": self.conclusion, "caveat": self.caveat}
        for name, side in (("a", test.a), ("b", test.b)):
            row |= {f"{name}_words": side.words, f"{name}_value": side.value, f"n_{name}": side.n}
            row |= {f"{name}_conditions": list(side.conditions), f"{name}_label": side.label}
        return {name: row[name] for name in COLUMNS}


def decide(tests: Sequence[ClaimTest], waiting: int = 0) -> tuple[Verdict, ...]:
    """The verdict of each test, in order.

    q is Benjamini and Hochberg's over all tests that were measured. A claim is *supported* or *contradicted* where q
    is below 0.05, the interval (where there is one) leaves out the value that means no effect, and the effect exceeds
    numerical noise (where that is known); otherwise it is *undecided*, as it is where no test holds its level. A claim
    on a range is supported where a decisive measure lies in it at any layer, at every scale there; undecided where only
    others do, or only at some scales; and contradicted where none does. A sentence that its measure could not bear out
    whatever it read *cannot be*; it is no test, and counts for no q.

    Args:
        waiting: claims whose test is still to come. Each counts as p = 1, so that no q gets larger once it is there.

    >>> from llmgeo.statistics.claim_test import Side
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
    return Verdict(test, q, verdict, _caveat(test, q, verdict))


def _verdict(test: ClaimTest, q: float) -> str:
    if test.cannot_be is not None:
        return CANNOT_BE
    if not test.is_measured:
        return NOT_MEASURED
    if test.range is not None:
        return _verdict_on_range(test.range)
    if test.is_untested or not q < SIGNIFICANT or not test.stands_out:
        return UNDECIDED
    return SUPPORTED if test.is_as_predicted else CONTRADICTED


def _verdict_on_range(claimed: Range) -> str:
    if any(reading.is_decisive and claimed.holds(reading) for reading in claimed.readings):
        return SUPPORTED
    is_open = any(reading.is_disowned or claimed.touches(reading) for reading in claimed.readings)
    return UNDECIDED if is_open else CONTRADICTED


def _caveat(test: ClaimTest, q: float, verdict: str) -> str | None:
    parts = list(test.remarks)
    if verdict == CANNOT_BE:
        parts = [test.cannot_be, *parts]
    elif verdict == NOT_MEASURED:
        parts = parts or [_why_not_measured(test)]
    else:
        untested = WHY_UNTESTED.get(test.status, "").format(counted=test.counted)
        parts = [*([f"no verdict: {untested}"] if test.is_untested else _of_scales(test)), *parts]
        if verdict == UNDECIDED and q < SIGNIFICANT and test.is_within_noise:
            parts = ["the effect is no larger than rounding the weights makes", *parts]
    return "; ".join(parts) or None


def _why_not_measured(test: ClaimTest) -> str:
    if test.status == LAYERS_LEFT_OUT:
        return "not measured: the run has only some of the layers, and none of these is among them"
    if test.status == NEEDS_STATES:
        return "not measured: this window needs the hidden states, which the run did not keep"
    counted = "texts" if test.counted == "prompts" else test.counted  # of a prompt, the texts stand on the sides
    reason = f"no {counted} on one side" if test.status == NO_SAMPLES else test.status.replace("_", " ")
    return f"not measured: {reason} ({test.a.n} against {test.b.n} {counted})"


def _of_scales(test: ClaimTest) -> list[str]:
    """In which direction the effect goes at how many scales, and whether there is one value to speak of."""
    scales = test.scales
    if scales is None:
        return []
    count, as_predicted = len(scales.neighbours), scales.as_predicted
    every = {1: "the one scale", 2: "both scales"}.get(count, f"all {in_words(count)} scales")
    every += f" that could be read, of {in_words(count + scales.unmeasured)}" if scales.unmeasured else ""
    nothing = test.no_effect
    against = sum(effect < nothing if test.expect == "a > b" else effect > nothing for effect in scales.effects)
    if count not in (as_predicted, against):
        said = f"the direction depends on the scale: as predicted at {as_predicted} of {count}, opposite at {against}"
    else:
        direction = "as predicted" if as_predicted else "against the prediction"
        clearly = f"clearly at {in_words(scales.clear)}" if scales.clear else "but not clearly at any"
        said = f"{direction} at {every}" + (f", {clearly}" if scales.clear < count else "")
        if scales.shown is None and test.is_as_predicted != bool(as_predicted):
            said += ", but the measure's own estimate goes the other way"
    return [said, *([] if scales.has_plateau else ["the value depends on the scale"])]


def _scale_columns(scales: Scales | None) -> dict[str, object]:
    """What was found scale by scale, as data; nothing where the claim was tested as it stands."""
    if scales is None:
        lists = ("neighbours", "effects", "low", "high", "a_values", "b_values")
        nothing = dict.fromkeys(("scales", "scales_as_predicted", "scales_clear", "scale_shown", "has_plateau"))
        return nothing | {f"scale_{name}": [] for name in lists}
    return {
        "scales": len(scales.neighbours), "scales_as_predicted": scales.as_predicted, "scales_clear": scales.clear,
        "scale_shown": scales.shown, "has_plateau": scales.has_plateau, "scale_neighbours": list(scales.neighbours),
        "scale_effects": list(scales.effects), "scale_low": list(scales.low), "scale_high": list(scales.high),
        "scale_a_values": list(scales.a_values), "scale_b_values": list(scales.b_values),
    }  # fmt: skip
