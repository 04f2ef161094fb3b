"""The schema of the recipes that follow tokens through the layers. Knows no torch, no model, no question's inside."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.gain.recipe import GainSection
from llmgeo.experiments.depth.lensing.recipe import LensingSection
from llmgeo.experiments.depth.lines.recipe import LinesSection
from llmgeo.experiments.depth.question import QuestionSection
from llmgeo.recipe.shared import ClaimSection, Window, WritingRecipe, require_own_names
from llmgeo.recipe.tables import Section, fault

QUESTION_NAMES = ("angles", "lensing", "lines", "gain")
"""Names of questions, in their order."""


class Texts(Section, title="[texts]"):
    """`[texts]`: how the model writes the texts that are followed."""

    temperature: float = Field(1.0, ge=0, le=100)
    """0: always the most probable token; 1: as the model would have it."""
    top_p: float = Field(0.95, gt=0, le=1)
    """Only the most probable tokens that make up this much are drawn from."""
    together: int = Field(32, ge=5, le=256)
    """Texts that are measured together: each one's null is made of the steps of the others."""


class DepthRecipe(WritingRecipe, title="a recipe of the depth axis"):
    """One model writes texts, and every token of them is followed through the layers."""

    kind: Literal["depth"]
    """A recipe of the depth axis, run by `llmgeo probe`."""
    texts: Texts = Texts()
    window: Window = Window(tokens=64)
    angles: AnglesSection | None = None
    """How paths through the layers turn; left out, this is not asked."""
    lensing: LensingSection | None = None
    """How far a changed word bends the path of a later one; left out, it is not asked."""
    lines: LinesSection | None = None
    """What carries a layer's states to the next, and how few dimensions the output needs; left out, it is not asked."""
    gain: GainSection | None = None
    """How much what a layer holds is amplified on its way to the last; left out, it is not asked."""

    @property
    def claims(self) -> tuple[ClaimSection, ...]:
        """Those of all questions, in their order."""
        return tuple(claim for section in self._asked.values() for claim in section.claims)

    @property
    def _asked(self) -> dict[str, QuestionSection]:
        """The sections of the questions that are asked, by name."""
        sections = {name: getattr(self, name) for name in QUESTION_NAMES}
        return {name: section for name, section in sections.items() if section is not None}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_whole_window(self.window.tokens)
        if not self._asked:
            raise fault((), "asks no question; add at least one of [angles], [lensing], [lines], [gain]")
        require_own_names({f"{name}.claims": section.claims for name, section in self._asked.items()})
        return self
