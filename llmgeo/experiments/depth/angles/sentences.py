"""What is said of angles, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.report import words
from llmgeo.run import Run

ANGLE = "depth_turning_angle"

NULL_WORDS = {
    "A": "random directions",
    "B": "Gaussian steps",
    "C": "own steps, reordered",
    "D": "untrained network",
    "DE": "others' steps, untrained",
    "E": "others' steps",
}
"""The nulls, in the order in which they keep more of what was observed."""

FRAME_WORDS = {"raw": "states as they are", "unit": "states at length 1", "final_norm": "states after the final norm"}

GROUP_WORDS = {
    "all": "all tokens",
    "word_start": "beginnings of words",
    "continuation": "insides of words",
    "number": "numbers",
    "punctuation": "punctuation",
    "whitespace": "blanks",
    "first third": "first third of the window",
    "middle third": "middle third of the window",
    "last third": "last third of the window",
}


NULL_MEASURES = ("depth_turning_angle", "beyond_chance", "turns_back", "depth_length_to_chord")
"""What every null is asked for, in tables of nulls."""

KEEPS_PATHS = "C"
"""The null that leaves a path's length and chord alone."""


def null_cells(nulls: pd.DataFrame, name: str) -> list[str]:
    """What a null gives for each of `NULL_MEASURES`, and its p for the angle; of "" what was observed.

    One cell with the reason where the null was refused, none where it was not asked for.
    """
    whole = nulls[nulls["layer"].isna()]
    of_null = whole[whole["null"] == name] if name else whole.drop_duplicates("measure")
    if of_null.empty:
        return []
    refused = of_null[of_null["status"] != "ok"]
    if len(refused):
        return [words.reason(str(refused["status"].iloc[0]))]
    values = of_null.set_index("measure")["value" if name else "observed"]
    missing = "as observed" if name == KEEPS_PATHS else "–"
    cells = [words.value(measure, values[measure]) if measure in values else missing for measure in NULL_MEASURES]
    angle = of_null[of_null["measure"] == ANGLE].iloc[0]
    is_counted = bool(name) and not words.is_missing(angle["p"])
    return [*cells, f"{angle['p']:.3f} of {int(angle['draws'])} sets" if is_counted else ""]


def headline(run: Run) -> str | None:
    """How much of the departure from chance the layers' common drift makes; None where it was not measured.

    It is told of the mean angle: what null E leaves of 90° minus the observed angle.
    """
    nulls = run.table("nulls")
    if (null := whole_of(nulls, "E")) is None:
        return None
    observed = float(nulls[nulls["layer"].isna() & (nulls["measure"] == ANGLE)]["observed"].iloc[0])
    layers = run.table("path_layers")
    own = layers[(layers["measure"] == ANGLE) & (layers["tokens"] == "all")]
    excess = own[own["frame"] == own["frame"].iloc[0]]["excess"].dropna()
    least, most = (words.value(ANGLE, end) for end in (excess.min(), excess.max()))
    untrained = [whole_of(nulls, name) for name in ("D", "DE")]
    before = (
        ""
        if None in untrained
        else f" Before training it is {words.value(ANGLE, untrained[0] - untrained[1])} on average."
    )
    mean = words.value(ANGLE, observed - null)
    return (
        f"Mean angle {words.value(ANGLE, observed)}; steps of other texts' tokens give {words.value(ANGLE, null)}, "
        f"random directions 90°. The tokens' own part is {mean} on average, by layer {least} to {most}.{before}"
    )


def whole_of(nulls: pd.DataFrame, name: str) -> float | None:
    """The mean angle that a null gives over all layers; None where there is none."""
    rows = nulls[nulls["layer"].isna() & (nulls["measure"] == ANGLE) & (nulls["null"] == name)]
    return None if rows.empty or words.is_missing(rows["value"].iloc[0]) else float(rows["value"].iloc[0])
