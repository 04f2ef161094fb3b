"""The schema of the recipes that put a monitor to the test. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llmgeo.recipe.shared import ClaimSection, Decoder, Expectation, WritingRecipe, require_own_names
from llmgeo.recipe.tables import NotEmpty, Section

Channel = Literal["text", "masked", "surprisal", "entropy", "states", "step_length"]


class Watching(Section, title="[watching]"):
    """`[watching]`: what counts as heard."""

    rate: float = Field(1.0, gt=0, le=100)
    """False alarms in 1,000 tokens that a model which was never calibrated is calibrated for, before the run."""
    before: int = Field(16, ge=0, le=1000)
    """An alarm counts from so many tokens before a loop begins on: near-copies often come before it."""
    dimension: bool = True
    """Whether the correlation dimension of what was predicted so far is read at every 32nd token: one more pass."""


class WatchClaim(ClaimSection, title="a claim on a monitor"):
    """`[[claims]]`: a sentence on monitors, as a test."""

    measure: Literal["lead_over_text", "before_any_repeat", "dimension_before_loop"]
    """How much sooner a channel alarms than the text channel; the share of loops that it hears before their second
    copy, beside one half; or by how much the correlation dimension differs before a loop from what it was."""
    channel: Channel = "states"
    """The channel that is meant."""
    expect: Expectation


class WatchRecipe(WritingRecipe, title="a recipe of a monitor's test"):
    """A model writes on, loops, and is watched."""

    kind: Literal["watch"]
    """A recipe of a monitor's test, run by `llmgeo probe`."""
    watching: Watching = Watching()
    decoders: Annotated[tuple[Decoder, ...], NotEmpty]
    """How the model writes."""
    claims: tuple[WatchClaim, ...] = ()
    """Sentences, each as one test."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        require_own_names({"decoders": self.decoders})
        require_own_names({"claims": self.claims})
        return self
