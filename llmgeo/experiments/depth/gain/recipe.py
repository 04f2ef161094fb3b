"""The table `[gain]` of a recipe: Jacobians, what-ifs and claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Expectation
from llmgeo.recipe.tables import Section

Deviation = Annotated[float, Field(gt=0, le=10)]


class GainClaim(ClaimSection, title="a claim on gain"):
    """`[[gain.claims]]`: a paper's sentence on models whose residual streams are mixed."""

    measure: Literal["composite_forward_gain", "composite_backward_gain"]
    """Side a: the largest over all starts, text by text; `layers` is not used."""
    expect: Expectation
    bound: float = Field(1.6, gt=0)
    """Side b."""


class WhatIf(Section, title="[gain.what_if]"):
    """`[gain.what_if]`: random maps in as many steps as the model has, beside which its own stand."""

    deviations: tuple[Deviation, ...] = (0.1, 0.2, 0.3, 0.4)
    """s of unconstrained maps I + s·N, with N of independent normal numbers."""
    logit_deviations: tuple[Deviation, ...] = (1.0, 4.0)
    """Of the independent normal logits that 20 Sinkhorn iterations make doubly stochastic maps of."""
    draws: int = Field(49, ge=1, le=10_000)
    """Stacks of maps that are drawn for each."""


class GainSection(QuestionSection, title="[gain]"):
    """`[gain]`: how much what a layer holds is amplified on its way to the last."""

    texts: int = Field(3, ge=0, le=256)
    """Texts of each block whose Jacobians are computed, for models with one residual stream; 0 for none."""
    starts: int = Field(7, ge=2, le=1000)
    """Layers that Jacobians are taken from: the embedding, the last but one, and others evenly between."""
    what_if: WhatIf = WhatIf()
    claims: tuple[GainClaim, ...] = ()
    """Sentences of papers, each as one test."""
