"""The schema of the recipes that make a cloud of many texts. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llmgeo.experiments.layers.names import RANDOM, SHUFFLED, TEXT
from llmgeo.messages import shown
from llmgeo.recipe.shared import MOST_SEED, ClaimSection, Expectation, PromptedRecipe, require_own_names
from llmgeo.recipe.tables import Line, Section, fault

Condition = Literal["text", "shuffled", "random weights"]


class Contexts(Section, title="[contexts]"):
    """`[contexts]`: what is read of each text, and which of its states is its point."""

    tokens: Annotated[int, Field(ge=2, le=100_000)] | None = None
    """So many tokens of each text, its first ones; a text with fewer is counted, and not measured. Left out: whole
    texts, each of its own length."""
    state: Literal["last", "mean", "marked"] = "last"
    """`last`: that of the last token read. `mean`: over all tokens but the first, whose state is unlike all others.
    `marked`: of the token before the mark; what comes after it is not read, and `tokens` are those before it."""
    mark: Line | None = None
    """What stands in every text where its state is taken, if that is `marked`; it is not read itself."""

    @model_validator(mode="after")
    def _marked(self) -> Self:
        if (self.state == "marked") != (self.mark is not None):
            wanted = "is needed where state is marked" if self.mark is None else "is allowed only where state is marked"
            raise fault(("mark",), wanted)
        return self


class Beside(Section, title="[beside]"):
    """`[beside]`: what the texts are measured beside."""

    shuffled: bool = True
    """The same tokens of each text in random order."""
    last_stays: bool = False
    """Only the tokens before the last are shuffled: then the last ones, and so layer 0, are those of the texts."""
    random_weights: bool = True
    """The same network as it is drawn before any training; it takes as much memory as the model."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """Of everything random in the run: orders, weights, Gaussian nulls and parts."""


class Parts(Section, title="[parts]"):
    """`[parts]`: disjoint parts of the texts, whose spread gives every interval."""

    parts: int = Field(5, ge=2, le=100)
    """So many of equally many texts."""
    divisions: int = Field(8, ge=1, le=1000)
    """How often the texts are divided anew."""


class LayersClaim(ClaimSection):
    """What the room's claims have in common."""

    expect: Expectation
    of: Condition = TEXT
    """The condition whose dimension it is about."""


class PeakClaim(LayersClaim, title="a claim on a peak"):
    """The dimension is larger at one of these layers than at all others that count."""

    test: Literal["peak"]
    """That one of the `layers` lies above the first and the last measured layer; with `above = "all others"`, above
    every measured layer that is none of them."""
    above: Literal["both ends", "all others"] = "both ends"
    """What the peak must rise above."""


class FlatClaim(LayersClaim, title="a claim on a flat curve"):
    """The dimension is nearly the same at all layers: largest over smallest is less than `most`."""

    test: Literal["flat"]
    """That the largest value over the layers is less than `most` times the smallest (a < b)."""
    of: Condition = RANDOM
    """The condition whose curve is flat."""
    most: float = Field(1.5, gt=1, le=1000)
    """Above which a curve is not flat."""


class BesideClaim(LayersClaim, title="a claim on two conditions"):
    """One condition's dimension against another's, at the same layers."""

    test: Literal["beside"]
    """That `of` (side a) has more dimensions than `against` (side b), or fewer: the mean log ratio over the layers."""
    of: Condition = SHUFFLED
    """Side a."""
    against: Condition = TEXT
    """Side b."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.of == self.against:
            raise fault(("against",), f"= {shown(self.against)} is what `of` is already; name another condition")
        return self


class ComponentsClaim(LayersClaim, title="a claim on principal components"):
    """At every layer, as many times more principal components as dimensions."""

    test: Literal["components"]
    """That at each of the layers the principal components for 90 % of the variance (side a) are more than `least` times
    the dimension (side b)."""
    least: float = Field(3.0, gt=0, le=1000)
    """What counts as far above."""


Claim = Annotated[PeakClaim | FlatClaim | BesideClaim | ComponentsClaim, Field(discriminator="test")]


class LayersRecipe(PromptedRecipe, title="a recipe of clouds of many texts"):
    """One state of each text as one cloud at every layer, beside shuffled texts and a network with random weights."""

    seeded_by = "beside"

    kind: Literal["layers"]
    """A recipe of clouds of many texts, run by `llmgeo probe`."""
    contexts: Contexts = Contexts()
    beside: Beside = Beside()
    parts: Parts = Parts()
    claims: tuple[Claim, ...] = ()
    """Sentences of papers, each as one test."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """What is measured, in order.

        >>> from llmgeo.recipe import load_recipe
        >>> load_recipe("layers").conditions
        ('text', 'shuffled', 'random weights')
        """
        return (TEXT, *[SHUFFLED] * self.beside.shuffled, *[RANDOM] * self.beside.random_weights)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        require_own_names({"claims": self.claims})
        return self
