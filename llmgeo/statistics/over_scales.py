"""A claim on a dimension, tested at every scale that a dimension can be read at. Numbers in, one test out.

A cloud of states has another dimension at every scale, most of the time: what is claimed of "the" dimension must then
hold at all of them. That is an intersection–union test: the claim's p is the largest over the scales, and needs no
correction for their number, because all of them must be small at once (Berger 1982, Technometrics 24:295-300; with two
directions, each at half the level, since no scale can lie on both sides). Where the directions differ, p is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from llmgeo.measures.status import NO_PLATEAU, OK
from llmgeo.statistics.claim_test import ClaimTest, Scales

SIGNIFICANT = 0.05
"""A single scale is clear where its p lies below."""

ONE_SCALE = "read at one scale alone: this run holds no curve over the scales"


def over_scales(own: ClaimTest, at_scales: Mapping[int, ClaimTest], has_plateau: bool) -> ClaimTest:
    """The claim as one test over the measure's own estimate and all scales.

    Args:
        own: the test of the measure itself.
        at_scales: the same test of the dimension at each scale, by the nearer neighbour; a scale that one of the sides
            has no value at is left out.
        has_plateau: whether most texts of both sides have one dimension, whatever the scale.

    Returns:
        The own test with the effect, interval, noise, baseline and both sides' values of the weakest. The gain is the
        lowest of all, its interval from the lowest lower to the highest upper end. Without any scale, an effect of
        values that depend on the scale is left untested.

    >>> from llmgeo.statistics.claim_test import Side
    >>> side = Side(words="shuffled", n=8)
    >>> own = ClaimTest(claim="wide", source="a paper", sentence="It is wide.", effect_is="auc", expect="a > b",
    ...     layer_words="layer 3", a=side, b=side, effect=0.9, low=0.8, high=1.0, p=0.001)
    >>> near, far = replace(own, effect=0.7, low=0.6, high=0.8, p=0.02), replace(own, effect=0.2, low=0.1, high=0.4)
    >>> one_way = over_scales(own, {1: own, 2: near}, has_plateau=False)
    >>> (one_way.effect, one_way.p, one_way.scales.as_predicted)
    (0.7, 0.02, 2)
    >>> over_scales(own, {1: own, 2: near, 4: far}, has_plateau=False).p
    1.0
    """
    measured = {n1: test for n1, test in at_scales.items() if test.is_measured}
    if not own.is_measured:
        return own
    if not measured:
        status = NO_PLATEAU if own.status == OK and not has_plateau else own.status
        return replace(own, status=status, remarks=(*own.remarks, *([] if status == NO_PLATEAU else [ONE_SCALE])))
    tests: dict[int | None, ClaimTest] = {None: own, **measured}
    shown, is_one_way = _weakest(tests)
    weakest = tests[shown]
    return replace(
        own,
        effect=weakest.effect, low=weakest.low, high=weakest.high, noise=weakest.noise, a=weakest.a, b=weakest.b,
        p=float(np.max([test.p for test in tests.values()])) if is_one_way else 1.0,
        baseline=weakest.baseline, baseline_effect=weakest.baseline_effect,
        gain=float(np.min([test.gain for test in tests.values()])),
        gain_low=float(np.min([test.gain_low for test in tests.values()])),
        gain_high=float(np.max([test.gain_high for test in tests.values()])),
        status=next((test.status for test in tests.values() if test.is_untested), own.status),
        scales=Scales(
            tuple(measured),
            *(tuple(getattr(test, name) for test in measured.values()) for name in ("effect", "low", "high")),
            a_values=tuple(test.a.value for test in measured.values()),
            b_values=tuple(test.b.value for test in measured.values()),
            as_predicted=sum(test.is_as_predicted for test in measured.values()),
            clear=sum(test.p < SIGNIFICANT and test.stands_out for test in measured.values()),
            shown=shown, has_plateau=has_plateau, unmeasured=len(at_scales) - len(measured),
        ),
    )  # fmt: skip


def _weakest(tests: Mapping[int | None, ClaimTest]) -> tuple[int | None, bool]:
    """Which of the tests tells least for the direction they share; where they share none, the clearest of those
    against the prediction. And whether they share one."""
    against = {name for name, test in tests.items() if not test.is_as_predicted}
    is_one_way = not against or len(against) == len(tests)
    if is_one_way:
        return max(tests, key=lambda name: _weakness(tests[name])), True
    return min(against, key=lambda name: _weakness(tests[name])), False


def _weakness(test: ClaimTest) -> tuple[bool, float, float]:
    return not test.stands_out, test.p, -abs(test.effect - test.no_effect)
