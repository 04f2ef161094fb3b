"""The schema of the recipes of DMET: decoders, spaces, surrogates, and its claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llmgeo.experiments.dmet.names import INCOMPARABLE, MEASURES, PRIVATE
from llmgeo.messages import did_you_mean, shown
from llmgeo.recipe.shared import ClaimSection, Decoder, Expectation, Layers, Window, WritingRecipe, require_own_names
from llmgeo.recipe.tables import Line, Name, NotEmpty, Section, fault

Space = Literal["full", "shared", "private"]
Series = Literal["shuffled", "random phases", "autoregression"]
Quality = Literal["log_perplexity", "dictionary_share", "grammar_errors", "sentence_coherence"]
Depth = Annotated[float, Field(ge=0, le=1)]


class Basis(Section, title="[basis]"):
    """`[basis]`: the axes of the shared space, fitted to fluent texts that the model writes on other prompts."""

    file: Line
    """A file of prompts; the last ones are used, and none that the run itself is about."""
    prompts: int = Field(16, ge=2, le=1000)
    """So many."""
    decoder: Name
    """The decoder that writes them; texts that are not `fluent` are left out."""
    axes: int = Field(50, ge=2, le=1000)
    """Principal axes; fewer where the model is narrower."""


class Surrogates(Section, title="[surrogates]"):
    """`[surrogates]`: what each text is read beside."""

    draws: int = Field(1, ge=1, le=100)
    """Of each kind for each text; phases, which cost little, are taken of eight at least."""


class DmetClaim(ClaimSection):
    """What the room's claims have in common."""

    layers: Layers = "last"
    """Of the layers that are measured; several are averaged within each text."""
    measure: str
    """One of those that the room measures."""
    space: Space
    """`full`, `shared` or `private`."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.measure not in MEASURES:
            near = did_you_mean(self.measure, MEASURES)
            raise fault(("measure",), f"{shown(self.measure)} is not measured here{near} There: {', '.join(MEASURES)}")
        return self


class AssociationClaim(DmetClaim, title="a claim on an association"):
    """A measure goes with a quality of the text: a rank correlation within decoders, with rep-4 held."""

    test: Literal["association"]
    """That the measure rises (`a > b`) or falls (`a < b`) with the quality."""
    quality: Quality
    """What is known of the text from its words, or of its own model's surprise at them."""
    expect: Expectation

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.space == PRIVATE and self.measure in INCOMPARABLE:
            raise fault(
                ("space",),
                f'= "private" is not allowed for {self.measure}: each text has axes and units of its own there, so '
                "that the sign of a comparison turns with the basis. Take full or shared",
            )
        return self


class SurrogateClaim(DmetClaim, title="a claim beside a surrogate"):
    """Texts have more of a measure than their own surrogates: paired, over prompts."""

    test: Literal["surrogate"]
    """That texts (side a) have more of it than their surrogates (side b), or less."""
    series: Series
    """Which surrogate."""
    expect: Expectation


class RangeClaim(DmetClaim, title="a claim on a range"):
    """The mean over all texts lies in a range."""

    test: Literal["range"]
    """That the mean's interval lies in the range."""
    low: float
    """The least that it may be."""
    high: float
    """The most."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.low < self.high:
            raise fault(("high",), f"= {shown(self.high)} must be above low = {shown(self.low)}")
        return self


class OrderClaim(DmetClaim, title="a claim that needs an order"):
    """A sentence that reads a path out of a function of a set of points: it cannot be, whatever is measured."""

    test: Literal["order"]
    """That the measure tells something of the order; shuffled texts show what it knows of it."""
    measure: Literal["silhouette", "longest_h1_bar"]
    """One of those that know no order."""


Claim = Annotated[
    AssociationClaim | SurrogateClaim | RangeClaim | OrderClaim,
    Field(discriminator="test"),
]


class DmetRecipe(WritingRecipe, title="a recipe of DMET"):
    """One model writes on the same prompts by several decoders, and the path of each text is measured."""

    kind: Literal["dmet"]
    """A recipe of DMET, run by `llmgeo probe`."""
    window: Window = Window()
    depths: Annotated[tuple[Depth, ...], NotEmpty] = (0.6, 1.0)
    """Which layers are measured, as parts of the way through the blocks: 0 is the embedding, 1 the last block."""
    basis: Basis
    surrogates: Surrogates = Surrogates()
    decoders: Annotated[tuple[Decoder, ...], NotEmpty]
    """How the model writes."""
    claims: tuple[Claim, ...] = ()
    """Sentences of the paper, each as one test."""

    def layers(self, blocks: int) -> tuple[int, ...]:
        """The layers that are measured in a model of so many blocks.

        >>> from llmgeo.recipe import load_recipe
        >>> load_recipe("dmet").layers(30)
        (18, 30)
        """
        return tuple(sorted({round(depth * blocks) for depth in self.depths}))

    @property
    def basis_decoder(self) -> Decoder:
        return next(decoder for decoder in self.decoders if decoder.name == self.basis.decoder)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_whole_window(self.window.tokens)
        require_own_names({"decoders": self.decoders})
        require_own_names({"claims": self.claims})
        names = [decoder.name for decoder in self.decoders]
        if self.basis.decoder not in names:
            near = did_you_mean(self.basis.decoder, names)
            raise fault(("basis", "decoder"), f"{shown(self.basis.decoder)} is no decoder of this recipe{near}")
        return self
