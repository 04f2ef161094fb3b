"""The table `[angles]` of a recipe: frames, nulls and claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Expectation
from llmgeo.recipe.tables import NotEmpty, Section

Frame = Literal["raw", "unit", "final_norm"]
ClaimMeasure = Literal[
    "depth_turning_angle", "turns_back", "beyond_chance", "small_angle", "large_angle", "depth_length_to_chord"
]


class AngleClaim(ClaimSection, title="a claim on paths"):
    """`[[angles.claims]]`: a paper's sentence, as a measure of the observed paths against null E."""

    measure: ClaimMeasure
    """What is compared: side a is observed, side b is null E, the steps of other texts' tokens at the same layers."""
    expect: Expectation


class Nulls(Section, title="[angles.nulls]"):
    """`[angles.nulls]`: what the observed paths stand beside. Null E, which decides, is always there."""

    sets: int = Field(199, ge=19, le=10_000)
    """Sets of paths drawn under A (random directions), C (own steps in random order) and E (other tokens' steps)."""
    gaussian_sets: int = Field(19, ge=0, le=10_000)
    """Sets drawn under B (Gaussian steps of each layer's mean and covariance), which cost the most; 0 for none."""
    path_sets: int = Field(19, ge=4, le=10_000)
    """Sets of whole paths drawn under E, for the length-to-chord ratio."""
    random_network: bool = True
    """Whether to read the texts with the same network before training (D); it takes as much memory as the model."""


class AnglesSection(QuestionSection, title="[angles]"):
    """`[angles]`: how paths through the layers turn, and the nulls that they stand beside."""

    frames: Annotated[tuple[Frame, ...], NotEmpty] = ("raw", "unit", "final_norm")
    """The states as they are, at length 1, or after the final norm. Claims and nulls A to D are on the first."""
    writes: bool = True
    """Whether to measure what attention and MLP add."""
    nulls: Nulls = Nulls()
    claims: tuple[AngleClaim, ...] = ()
    """Sentences of papers, each as one test."""
