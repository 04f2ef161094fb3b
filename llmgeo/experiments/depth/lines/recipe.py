"""The table `[lines]` of a recipe: lags, dimensions kept, and claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Expectation
from llmgeo.recipe.tables import NotEmpty

ClaimMeasure = Literal["truncation_divergence", "truncation_same_top", "rotation_stretch_left", "residual_growth"]
Lag = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(gt=0, le=1)]


class LineClaim(ClaimSection, title="a claim on lines of thought"):
    """`[[lines.claims]]`: a paper's sentence, as a measure beside what it must be told apart from."""

    measure: ClaimMeasure
    """Side a; side b goes with it: a part of the divergence of other texts, half of the texts, no change, or the growth
    of the states themselves."""
    expect: Expectation
    share: Share = 0.25
    """Of the dimensions that are kept, for the two measures of truncation; one of the section's `shares`."""
    part: float = Field(0.5, gt=0, le=1)
    """Of the divergence of other texts, which the divergence of truncated states stands beside."""
    lag: Lag = 1
    """How many layers a map reaches; one of the section's `lags`."""


class LinesSection(QuestionSection, title="[lines]"):
    """`[lines]`: maps from a layer's states to a later layer's, and the output of states cut down to few dimensions."""

    lags: Annotated[tuple[Lag, ...], NotEmpty] = (1, 2, 4, 8)
    """How many layers maps reach; those that a model is too shallow for are left out."""
    shares: Annotated[tuple[Share, ...], NotEmpty] = (0.03125, 0.0625, 0.125, 0.25, 0.5, 0.75, 1.0)
    """Of the dimensions that are kept after every block."""
    claims: tuple[LineClaim, ...] = ()
    """Sentences of papers, each as one test."""
