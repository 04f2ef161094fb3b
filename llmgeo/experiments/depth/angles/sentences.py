"""What is said of angles, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

from llmgeo.report import words
from llmgeo.run import Run

ANGLE = "depth_turning_angle"

NULL_WORDS = {
    "A": "random directions, same step lengths",
    "B": "Gaussian steps, each layer's mean and covariance",
    "C": "own steps in random order",
    "D": "the same network before training",
    "E": "other texts' steps at the same layers",
}
"""The nulls, in the order in which they keep more of what was observed."""

FRAME_WORDS = {"raw": "states as they are", "unit": "states at length 1", "final_norm": "after the final norm"}

GROUP_WORDS = {
    "all": "all tokens",
    "word_start": "beginnings of words",
    "continuation": "insides of words",
    "number": "numbers",
    "punctuation": "punctuation",
    "whitespace": "blanks",
}


def headline(run: Run) -> str | None:
    """How much of the departure from chance the layers' common drift makes; None where it was not measured.

    It is told of the mean angle: what null E leaves of 90° minus the observed angle.
    """
    nulls = run.table("nulls")
    whole = nulls[nulls["layer"].isna() & (nulls["measure"] == ANGLE) & (nulls["null"] == "E")]
    if whole.empty or words.is_missing(whole["value"].iloc[0]):
        return None
    observed, null = float(whole["observed"].iloc[0]), float(whole["value"].iloc[0])
    return (
        f"Mean angle {words.value(ANGLE, observed)}; steps of other texts' tokens give {words.value(ANGLE, null)} and "
        f"random directions 90°: {words.value(ANGLE, abs(observed - null))} are the tokens' own."
    )
