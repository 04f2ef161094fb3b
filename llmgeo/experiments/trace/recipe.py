"""The schema of the recipes that trace trainings. Knows no torch and no model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from llmgeo.measures.catalogue import MEASURES
from llmgeo.messages import did_you_mean, shown
from llmgeo.recipe.shared import MOST_SEED, ClaimSection, Expectation, PromptedRecipe, require_own_names
from llmgeo.recipe.tables import Line, Section, fault

ClaimMeasure = Literal[
    "stress_beyond_ends", "factor_share", "two_axes_of_weights", "fall_at_transition", "larger_sooner",
    "dimension_with_loss", "falls_before_loss", "three_phases",
]  # fmt: skip


class Positions(Section, title="[positions]"):
    """`[positions]`: at how many places of the texts predictions are compared."""

    count: int = Field(500, ge=10, le=1_000_000)
    """Drawn from all positions of all texts, the same for every checkpoint."""
    where: Literal["all", "last"] = "all"
    """At any token of a text, or at its last alone: the answer of a task."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """Of what is drawn: positions, and every null."""


class Geometry(Section, title="[geometry]"):
    """`[geometry]`: what is measured of the states at these positions, checkpoint by checkpoint and layer by layer."""

    cloud: tuple[str, ...] = ("intrinsic_dimension", "participation_ratio", "rank_me")
    """Measures of the cloud that the states of all positions form at a layer."""

    token: tuple[str, ...] = ("turning_angle",)
    """Measures of neighbouring states along each text, averaged over its tokens and then over texts."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for kind, of in (("cloud", "of a cloud"), ("token", "of tokens")):
            known = [name for name, measure in MEASURES.items() if measure.kind == kind]
            for name in getattr(self, kind):
                if name not in known:
                    raise fault((kind,), f"names {shown(name)}, which is no measure {of}{did_you_mean(name, known)}")
        return self


class Nulls(Section, title="[nulls]"):
    """`[nulls]`: what the trainings stand beside."""

    permutations: int = Field(999, ge=19, le=100_000)
    """Of the runs' factors, for the share of the distance that each explains."""
    walks: int = Field(199, ge=19, le=10_000)
    """Random walks with the steps that the weights have taken."""


class TraceClaim(ClaimSection, title="a claim on trainings"):
    """`[[claims]]`: a paper's sentence on trainings, as a test."""

    measure: ClaimMeasure
    """Stress that three axes hold beyond what straight ways to the same ends do; the share of the distance between runs
    that factor a explains, beside factor b; the share of the weights' path in two axes, beside random walks; or how
    much of the fall of a dimension lies where held-out accuracy rises, beside half; when the largest models have come
    as far as the smallest; how a dimension goes with the loss across runs at equal
    step; how much sooner a measure falls than the loss; or whether it falls, rises and falls along a run."""
    expect: Expectation
    a: Line | None = None
    """A factor of `--factor`."""
    b: Line | None = None
    """Another."""
    geometry: Line = "participation_ratio"
    """The measure that is meant, one of `[geometry]`; its layer is the last of `layers`."""
    cloud: Literal["states", "embedding"] = "states"
    """Of the states at the positions, or of the tokens' vectors in the input embedding."""

    @model_validator(mode="after")
    def _two_factors(self) -> Self:
        if self.measure == "factor_share" and (self.a is None or self.b is None or self.a == self.b):
            raise fault(("measure",), '= "factor_share" needs two factors, a and b')
        return self


class TraceRecipe(PromptedRecipe, title="a recipe of trainings"):
    """Checkpoints of one training or of several, by what they predict on the same texts."""

    seeded_by = "positions"

    kind: Literal["trace"]
    """A recipe of trainings, run by `llmgeo trace`."""
    positions: Positions = Positions()
    geometry: Geometry = Geometry()
    nulls: Nulls = Nulls()
    claims: tuple[TraceClaim, ...] = ()
    """Sentences of papers, each as one test."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        require_own_names({"claims": self.claims})
        return self
