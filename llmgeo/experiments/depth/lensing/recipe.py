"""The table `[lensing]` of a recipe: sentences of one's own, and claims. Knows no torch and no model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Expectation
from llmgeo.recipe.tables import Line, Name, Section, fault
from llmgeo.texts.edits import Edits

Kind = Literal["meaning", "paraphrase", "function", "random"]


class LensingClaim(ClaimSection, title="a claim on lensing"):
    """`[[lensing.claims]]`: two kinds of edits, set against each other sentence by sentence."""

    measure: Literal["deflection", "path_distance"]
    """What is compared, averaged over the layers."""
    a: Kind = "meaning"
    """One kind of edit."""
    b: Kind = "paraphrase"
    """The other."""
    expect: Expectation
    beyond: bool = False
    """Whether to ask for what is left where both edits are as surprising and change the output as much."""

    @model_validator(mode="after")
    def _two_kinds(self) -> Self:
        if self.a == self.b:
            raise fault(("b",), f"= {self.b!r} is side a, too; name another kind of edit")
        return self


class Sentences(Section, title="[[lensing.edits]]"):
    """`[[lensing.edits]]`: one sentence in five versions that differ in one word."""

    id: Name
    """Its name."""
    original: Line
    """The sentence."""
    meaning: Line
    """With a word that makes it mean something else."""
    paraphrase: Line
    """With a word that means the same."""
    function: Line
    """With a function word."""
    random: Line
    """With a word that has nothing to do with it."""
    probe: Line
    """A word of all versions, behind the one that differs."""

    @property
    def edits(self) -> Edits:
        return Edits(**self.model_dump())

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        try:
            _ = self.edits.place
        except ValueError as error:
            raise fault((), f"{self.id!r}: {error}") from None
        return self


class LensingSection(QuestionSection, title="[lensing]"):
    """`[lensing]`: how far a changed word bends the path of a later one."""

    together: int = Field(16, ge=1, le=256)
    """Sentences that are measured together."""
    edits: tuple[Sentences, ...] = ()
    """Sentences of one's own; left out, those that come with llmgeo."""
    claims: tuple[LensingClaim, ...] = ()
    """Sentences of papers, each as one test."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [sentence.id for sentence in self.edits]
        if twice := [name for name in names if names.count(name) > 1]:
            raise fault(("edits",), f"has two sentences called {twice[0]!r}; give each an id of its own")
        return self
