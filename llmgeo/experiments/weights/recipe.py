"""The schema of the recipes that measure a checkpoint's matrices. Knows no torch and no model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from llmgeo.recipe.shared import MOST_SEED, Expectation, require_own_names
from llmgeo.recipe.tables import Line, RecipeTable, Section, fault

ClaimMeasure = Literal["full_rank", "beyond_gaussian", "joint_over_single"]
Side = Literal["rows", "columns"]


class Points(Section, title="[points]"):
    """`[points]`: rows and columns of a matrix as points, whose dimension is read."""

    most: int = Field(512, ge=32, le=8192)
    """Rows, or columns, at most, evenly spaced: what TwoNN reads drifts with their number."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """Of every surrogate."""


class Nulls(Section, title="[nulls]"):
    """`[nulls]`: what a matrix stands beside."""

    draws: int = Field(2, ge=1, le=1000)
    """Gaussian matrices with the same singular values, and random initialisations of the same shape."""
    bits: tuple[Literal[8, 4], ...] = (8, 4)
    """Bits that the matrix is rounded to, each row with a scale of its own: the noise floor of every number."""


class MatrixClaim(Section, title="a claim on matrices"):
    """`[[claims]]`: a sentence on weights, as a test over the layers of one checkpoint."""

    name: Line
    """What tables call the claim; each name stands once."""
    sentence: Line
    """What is said, as one sentence."""
    source: Line
    """Authors, year and where to find it."""
    measure: ClaimMeasure
    """Effective rank as a share of that of independent numbers of the same shape, against `least`; TwoNN of rows or
    columns over that of Gaussian rows with the same singular values; or TwoNN of all layers' rows of one kind in one
    cloud over that of one layer's, of equally many rows."""
    expect: Expectation
    side: Side = "rows"
    """Of which points, where the measure is of points."""
    null: Literal["gaussian", "sized"] = "gaussian"
    """Of `beyond_gaussian`: Gaussian points as they are, or brought to the lengths of the matrix's own."""
    least: float = Field(0.5, gt=0, lt=1)
    """What counts as full rank."""


class WeightsRecipe(RecipeTable, title="a recipe of matrices of weights"):
    """The matrices of one checkpoint, read one by one."""

    seeded_by = "points"

    kind: Literal["weights"]
    """A recipe of matrices, run by `llmgeo weights`."""
    points: Points = Points()
    nulls: Nulls = Nulls()
    claims: tuple[MatrixClaim, ...] = ()
    """Sentences on weights, each as one test."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        require_own_names({"claims": self.claims})
        if len(set(self.nulls.bits)) < len(self.nulls.bits):
            raise fault(("nulls", "bits"), "names a number of bits twice")
        return self
