"""The schema of the recipes that compare ways to keep a model out of loops. Knows no torch and no model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llmgeo.messages import did_you_mean, shown
from llmgeo.recipe.shared import ClaimSection, Expectation, WritingRecipe, require_own_names
from llmgeo.recipe.tables import Name, NotEmpty, Section, fault

Quantity = Literal["loops", "distinct_2", "surprisal"]
Temperature = Annotated[float, Field(gt=0, le=100)]


class Decoder(Section, title="[decoder]"):
    """`[decoder]`: how the model writes where nothing leads it."""

    temperature: float = Field(0.0, ge=0, le=100)
    """0: always the most probable token; 1: as the model would have it; above: flatter."""
    top_p: float = Field(0.95, gt=0, le=1)
    """Only the most probable tokens that make up this much are drawn from, wherever something is drawn."""


class Alarm(Section, title="[alarm]"):
    """`[alarm]`: what leads a text only while it is needed listens to this."""

    channels: Annotated[tuple[Literal["text", "masked"], ...], NotEmpty] = ("text",)
    """Of ids: a batch is led token by token."""


class Plain(Section, title="no steering"):
    """The decoder by itself."""

    name: Name
    """What tables call its texts."""
    by: Literal["nothing"]
    """As the decoder writes."""


class Penalty(Section, title="a repetition penalty"):
    """Logits of tokens that occurred are divided by it (multiplied, below zero), always: Keskar et al. 2019."""

    name: Name
    """What tables call its texts."""
    by: Literal["repetition_penalty"]
    """transformers' `repetition_penalty`."""
    penalty: float = Field(1.1, gt=0, le=100)
    """1 changes nothing."""


class NoRepeat(Section, title="no n-gram twice"):
    """No n-gram may occur twice, ever."""

    name: Name
    """What tables call its texts."""
    by: Literal["no_repeat_ngram"]
    """transformers' `no_repeat_ngram_size`."""
    size: int = Field(4, ge=1, le=1000)
    """Tokens of the n-gram."""


class Dry(Section, title="DRY"):
    """What would go on with a repeat is penalised, the longer the repeat, the more."""

    name: Name
    """What tables call its texts."""
    by: Literal["dry"]
    """llama.cpp PR #9702."""
    multiplier: float = Field(0.8, ge=0, le=1000)
    """Of the penalty, which is multiplier · base^(length − allowed)."""
    base: float = Field(1.75, ge=1, le=1000)
    """By which it grows with each token of the repeat."""
    allowed: int = Field(2, ge=1, le=1000)
    """Tokens that may repeat."""
    while_alarmed: bool = False
    """Only while the monitor is alarmed."""


class Drawing(Section, title="a temperature"):
    """Tokens are drawn at another temperature."""

    name: Name
    """What tables call its texts."""
    by: Literal["temperature"]
    """The decoder's own is not used."""
    temperature: Temperature | None = None
    """At this one."""
    while_alarmed: bool = False
    """Only while the monitor is alarmed."""
    same_mean_as: Name | None = None
    """Always, at the mean temperature that another way had on the same prompt: its trivial baseline."""

    @model_validator(mode="after")
    def _one_temperature(self) -> Self:
        if (self.temperature is None) == (self.same_mean_as is None):
            raise fault((), "takes either temperature or same_mean_as")
        if self.same_mean_as is not None and self.while_alarmed:
            raise fault(("while_alarmed",), "= true is not allowed with same_mean_as, which is one temperature always")
        return self


class Cut(Section, title="cut and go on"):
    """At an alarm the text is cut back to the end of its first copy, and its next 32 tokens are drawn."""

    name: Name
    """What tables call its texts."""
    by: Literal["cut"]
    """What was cut was written for nothing."""
    temperature: Temperature = 1.0
    """At which the tokens after a cut are drawn."""


Way = Annotated[Plain | Penalty | NoRepeat | Dry | Drawing | Cut, Field(discriminator="by")]


class SteeringClaim(ClaimSection, title="a claim on steering"):
    """`[[claims]]`: a sentence that compares two ways, as a test."""

    way: Name
    """Side a."""
    against: Name
    """Side b, on the same prompts."""
    quantity: Quantity
    """What is compared: the share of texts that end in a loop, distinct-2, or surprisal under the model as it is."""
    expect: Expectation


class SteeringRecipe(WritingRecipe, title="a recipe of steering"):
    """One model continues the same prompts, led out of loops in several ways."""

    kind: Literal["steering"]
    """A recipe of steering, run by `llmgeo probe`."""
    decoder: Decoder = Decoder()
    alarm: Alarm = Alarm()
    ways: Annotated[tuple[Way, ...], NotEmpty]
    """What is compared. The others stand against the first one."""
    claims: tuple[SteeringClaim, ...] = ()
    """Sentences, each as one test."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        require_own_names({"ways": self.ways})
        require_own_names({"claims": self.claims})
        names = [way.name for way in self.ways]
        for number, claim in enumerate(self.claims):
            for side in ("way", "against"):
                _known(("claims", number, side), getattr(claim, side), names)
        measured = [way.name for way in self.ways if isinstance(way, Drawing) and way.same_mean_as is None]
        for number, way in enumerate(self.ways):
            if (other := getattr(way, "same_mean_as", None)) is not None:
                _known(("ways", number, "same_mean_as"), other, measured)
        return self


def _known(path: tuple[str | int, ...], name: str, names: list[str]) -> None:
    if name not in names:
        near = did_you_mean(name, names)
        raise fault(path, f"= {shown(name)} is none of the ways that can be meant here{near} There: {', '.join(names)}")
