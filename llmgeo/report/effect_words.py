"""How an effect is said: as shares of pairs, turned to what was predicted or to the side that it tells.

An AUC is how often a text of one side has the higher value, in pairs of one text of each side (ties count half). "97 of
100 pairs as predicted" is read without knowing which side is called a. Knows numbers; no claim, no contrast.
"""

from __future__ import annotations

from llmgeo.messages import counted
from llmgeo.report.words import is_missing

NO_INTERVAL = "too few prompts for an interval"


def of_100(share: float) -> str:
    """A share as a number of 100, and never a certainty that was not reached.

    >>> of_100(0.97), of_100(0.9971), of_100(1.0), of_100(0.00004), of_100(0.0)
    ('97', '99.7', '100', '0.004', '0')
    """
    number = 100 * share
    for decimals in range(12):
        said = f"{number:.{decimals}f}"
        if share in (0.0, 1.0) or 0 < float(said) < 100:
            break
    return said


def turned(auc: float, low: float | None, high: float | None) -> tuple[float, float | None, float | None]:
    """The other way round: an AUC and its interval as they are if the sides are exchanged.

    >>> turned(0.25, 0.0, 0.5), turned(1.0, None, None)
    ((0.75, 0.5, 1.0), (0.0, None, None))
    """
    ends = (None if is_missing(end) else 1 - end for end in (high, low))
    return 1 - auc, *ends


def told(auc: float) -> float:
    """How often it tells which text is of which side, whichever side has the higher value.

    >>> told(0.0), told(0.75)
    (1.0, 0.75)
    """
    return max(auc, 1 - auc)


def pairs_as_predicted(auc: float, low: float | None, high: float | None, expect: str) -> str:
    """
    >>> pairs_as_predicted(0.03, 0.006, 0.14, "a < b"), pairs_as_predicted(0.3, None, None, "a > b")
    ('97 of 100 pairs as predicted [86 to 99]', '30 of 100 pairs as predicted, too few prompts for an interval')
    """
    if expect == "a < b":
        auc, low, high = turned(auc, low, high)
    return f"{of_100(auc)} of 100 pairs as predicted{ends(low, high)}"


def higher_or_lower(auc: float, low: float | None, high: float | None, side: str) -> str:
    """Without a prediction: on which side the values are higher or lower, by the side's name.

    >>> higher_or_lower(0.97, 0.9, 1.0, "hot"), higher_or_lower(0.25, 0.0, 0.5, "loops")
    ('higher in hot in 97 of 100 pairs [90 to 100]', 'lower in loops in 75 of 100 pairs [50 to 100]')
    """
    direction = "higher"
    if auc < 0.5:
        direction, (auc, low, high) = "lower", turned(auc, low, high)
    return f"{direction} in {side} in {of_100(auc)} of 100 pairs{ends(low, high)}"


def ends(low: float | None, high: float | None) -> str:
    """The interval of a number of pairs, as it follows one."""
    if is_missing(low) or is_missing(high):
        return f", {NO_INTERVAL}"
    return f" [{of_100(low)} to {of_100(high)}]"


def gain(value: float, low: float, high: float, baseline: str) -> str:
    """How many more pairs of 100 a measure separates than a baseline does, with the interval.

    >>> gain(-0.07, -0.19, 0.031, "mean entropy"), gain(0.0004, 0.0, 0.08, "rep-4")
    ('7 fewer pairs of 100 than mean entropy [19 fewer to 3 more]', 'as many pairs as rep-4 [0 to 8 more]')
    """
    said, lowest, highest = (_more_or_fewer(100 * number) for number in (value, low, high))
    number, _, more = said.partition(" ")
    if not more:
        return f"as many pairs as {baseline} [{lowest} to {highest}]"
    return f"{counted(int(number), f'{more} pair')} of 100 than {baseline} [{lowest} to {highest}]"


def _more_or_fewer(number: float) -> str:
    rounded = round(number)
    return f"{abs(rounded)} {'fewer' if rounded < 0 else 'more'}" if rounded else "0"
