"""The table `[angles]` of a recipe: frames, nulls and claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Literal

from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Expectation

Frame = Literal["raw", "unit", "final_norm"]
Statistic = Literal["turning_angle", "beyond_chance", "sharp", "flat", "backward", "length_to_chord"]


class AngleClaim(ClaimSection, title="a claim on angles"):
    """`[[angles.claims]]`: a paper's sentence, as a statistic of the observed paths against null E."""

    statistic: Statistic
    """What is compared: side a is observed, side b is the null."""
    expect: Expectation


class AnglesSection(QuestionSection, title="[angles]"):
    """`[angles]`: turning angles on the depth axis, and the nulls that they stand beside."""

    frames: tuple[Frame, ...] = ("raw", "unit", "final_norm")
    """The states as they are, at length 1, or after the final norm. Claims are on the first."""
    claims: tuple[AngleClaim, ...] = ()
    """Sentences of papers, each as one test."""
