"""The schema of the recipes of loss landscapes. Knows no torch and no model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from llmgeo.recipe.shared import MOST_SEED, ClaimSection, Expectation, PromptedRecipe, require_own_names
from llmgeo.recipe.tables import Section, fault

ClaimMeasure = Literal["curvature_without_skip", "curvature_towards", "barrier", "curvature_by_normalisation"]


class Line(Section, title="[line]"):
    """`[line]`: the loss along random directions, each filter scaled to the length of its own weights."""

    points: int = Field(25, ge=3, le=1001)
    """On each line, the middle one being the model itself: an odd number."""
    reach: float = Field(0.2, gt=0, le=2)
    """From −reach to reach, as a share of each filter's length."""
    directions: int = Field(3, ge=1, le=64)
    """How many, each with a seed of its own; an interval over directions takes two."""
    step: float = Field(0.0025, gt=0, le=0.1)
    """Of the differences that slope and curvature in the middle are read from."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """Of all directions and of the random network."""

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.points % 2 == 0:
            raise fault(("points",), f"= {self.points} has no middle; give an odd number, so that the model is on it")
        return self


class Plane(Section, title="[plane]"):
    """`[plane]`: the loss on the plane of the first two directions, where --plane asks for it."""

    reach: float = Field(0.2, gt=0, le=2)
    """From −reach to reach along both."""


class Towards(Section, title="[towards]"):
    """`[towards]`: the loss on the straight way to another model, where --towards names one."""

    low: float = Field(-0.5, ge=-5, le=0)
    """Where the way begins, behind the model."""
    high: float = Field(1.5, ge=1, le=5)
    """Where it ends, beyond the other model: 0 is the model, 1 the other."""
    points: int = Field(21, ge=3, le=1001)
    """On the way, both models among them."""
    barrier: float = Field(0.05, gt=0, le=1)
    """Above the chord, as a share of it: less is no barrier."""


class Training(Section, title="[training]"):
    """`[training]`: the loss on the plane that holds most of a training, where --path names its checkpoints."""

    points: int = Field(11, ge=3, le=101)
    """Along each axis of the plane."""
    margin: float = Field(0.25, ge=0, le=5)
    """Of the plane beyond the outermost checkpoints, as a share of their span."""
    walks: int = Field(199, ge=19, le=10_000)
    """Random walks with the training's steps."""


class HessianSection(Section, title="[hessian]"):
    """`[hessian]`: second derivatives, on the first few texts, as a product takes as long as fifteen readings."""

    texts: int = Field(4, ge=1, le=10_000)
    """The first so many."""
    directions: int = Field(3, ge=0, le=64)
    """Of the line, along which slope and curvature are also read from derivatives."""
    top: int = Field(3, ge=1, le=20)
    """Eigenvalues at either end, of each block that --hessian names."""
    probes: int = Field(10, ge=2, le=1000)
    """Random vectors of the trace."""


class Beside(Section, title="[beside]"):
    """`[beside]`: what the bowl stands beside."""

    random: bool = True
    """The same network with random weights: along its first direction, and its slope and curvature along all."""
    skip: float = Field(0.99, ge=0, lt=1)
    """What each block's way past it is multiplied by, for the same model with weaker skip connections."""


class LandscapeClaim(ClaimSection, title="a claim on the loss landscape"):
    """`[[claims]]`: a paper's sentence on loss landscapes, as a test."""

    measure: ClaimMeasure
    """Curvature of the loss of the model (a) and of the same with weaker skips (b); of the model (a) and the other one
    (b); the barrier between them (a) and the least that counts as one (b); or how far their curvatures are apart
    without filter normalisation (a) and with it (b)."""
    expect: Expectation


class LandscapeRecipe(PromptedRecipe, title="a recipe of loss landscapes"):
    """The loss of texts around a model's weights."""

    seeded_by = "line"

    kind: Literal["landscape"]
    """A recipe of loss landscapes, run by `llmgeo landscape`."""
    line: Line = Line()
    plane: Plane = Plane()
    towards: Towards = Towards()
    training: Training = Training()
    hessian: HessianSection = HessianSection()
    beside: Beside = Beside()
    claims: tuple[LandscapeClaim, ...] = ()
    """Sentences of papers, each as one test."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        require_own_names({"claims": self.claims})
        return self
