"""What a comparison of two checkpoints is: a TOML file of prompts, texts, measures and claims, checked before any work.

A comparison's recipe says which prompts, how long a window, what is measured of each model, which noise a difference
must exceed, and which sentences of papers are asked of the pair. What is compared between the two models does not
depend on the recipe. Knows no torch, no model, and nothing of where results go.

>>> from llmgeo.recipe import load_recipe
>>> recipe = load_recipe("rlhf")
>>> recipe.window.tokens, [claim.kind for claim in recipe.claims][:2]
(48, ['paired', 'groups'])
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llmgeo.measures.catalogue import PROMPT_MEASURES
from llmgeo.messages import did_you_mean
from llmgeo.recipe import shared
from llmgeo.recipe.measure_labels import LabelOfMeasure, NamedMeasure
from llmgeo.recipe.shared import ClaimSection, Expectation, Measures, WritingRecipe, require_own_names
from llmgeo.recipe.tables import Name, NotEmpty, Section, Text, fault

TextKind = Literal["neutral", "base_answer", "tuned_answer", "chat_answer"]

Reader = Literal["base", "tuned"]


class Generation(shared.Generation, title="[generation]"):
    """`[generation]`: how each model answers the prompts; `temperature = 0` is greedy."""

    opening: str = Field("", max_length=1000)
    """What stands between a prompt without a chat template and its answer."""
    new_tokens: int = Field(96, ge=4, le=100_000)
    """Tokens of an answer, unless the model ends it before."""
    temperature: float = Field(0.0, ge=0, le=100)
    """0: always the most probable token."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Only the most probable tokens that make up this much are drawn from."""


class Window(shared.Window, title="[window]"):
    """`[window]`: how many tokens of every text are measured; a shorter answer is counted, and not measured."""

    tokens: int = Field(48, ge=4)
    """Tokens of every text, neutral ones and answers alike."""


class Neutral(Section, title="[neutral]"):
    """`[neutral]`: a passage that follows every prompt, so that no model has written what is read."""

    passage: Text
    """Long enough to fill the window."""


class Noise(Section, title="[noise]"):
    """`[noise]`: what a difference must exceed."""

    jitter: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    """The number format whose rounding the base's weights are moved by.

    Checkpoints are published in bfloat16, so two copies of one model may differ by as much.
    """
    draws: int = Field(4, ge=2, le=16)
    """How many times they are moved anew; each text is read with one of them, so more take little more time."""


class TextSide(Section, title="a side of a claim"):
    """Which model reads which text, and of which kinds of prompts."""

    reader: Reader
    """`base` or `tuned`."""
    text: TextKind
    """`neutral`, an answer of BASE or of TUNED, or TUNED's answer within its chat template."""
    kinds: tuple[Name, ...] = ()
    """Of prompts, as the prompt file names them; left out: all."""


GeometricMeasure = Annotated[str, LabelOfMeasure, NamedMeasure()]


class PairClaim(ClaimSection):
    """A claim about a pair of models."""

    note: Text | None = None
    """What the answer must not be read without."""


class PairedClaim(PairClaim, title="a paired claim"):
    """`kind = "paired"`: the same prompts on both sides; the mean difference a − b is tested."""

    kind: Literal["paired"]
    measure: Annotated[str, LabelOfMeasure, NamedMeasure(PROMPT_MEASURES)]
    """One of those in `[measures]`, or with `cloud = "prompts"` one of the prompts' cloud."""
    cloud: Literal["text", "prompts"] = "text"
    """`text`: the tokens of each text; `prompts`: the last tokens of all prompts' neutral texts."""
    a: TextSide
    b: TextSide
    expect: Expectation


class GroupsClaim(PairClaim, title="a claim on kinds of prompts"):
    """`kind = "groups"`: different prompts on the two sides; AUC tells how well the measure tells them apart."""

    kind: Literal["groups"]
    measure: GeometricMeasure
    a: TextSide
    b: TextSide
    expect: Expectation


class TrendClaim(PairClaim, title="a claim on a trend"):
    """`kind = "trend"`: does a measure of the texts rise or fall with the complexity of their prompts?

    Complexity is the mean surprisal of a prompt's tokens in BASE. Spearman's rank correlation over prompts is tested:
    a slope, a bend and a threshold are all the same to it.
    """

    kind: Literal["trend"]
    measure: GeometricMeasure
    a: TextSide
    expect: Literal["rises", "falls"]
    """What the measure does as prompts become more complex, if the paper is right."""


class RangeClaim(PairClaim, title="a claim on a range"):
    """`kind = "range"`: several measures of a pooled cloud of texts, side by side, against a range of values."""

    kind: Literal["range"]
    reader: Reader
    """Whose states: `base` or `tuned`."""
    low: float
    """The range's lower end."""
    high: float
    """The range's upper end."""


class SubspacesClaim(PairClaim, title="a claim on subspaces"):
    """`kind = "subspaces"`: do step-by-step answers and tuning move the states in the same directions?

    `steps`, `plain` and `tuning` are the kinds of prompts to take each change from.
    """

    kind: Literal["subspaces"]
    dimensions: int = Field(4, ge=1, le=200)
    """How many directions of each change."""
    steps: Annotated[tuple[Name, ...], NotEmpty]
    """Kinds of prompts that ask for steps."""
    plain: Annotated[tuple[Name, ...], NotEmpty]
    """Kinds of prompts that pose the same problems without.

    Two prompts are a pair if their ids are the same up to the last hyphen.
    """
    tuning: Annotated[tuple[Name, ...], NotEmpty]
    """Other kinds, so that no state is in both changes."""
    expect: Expectation


Claim = Annotated[PairedClaim | GroupsClaim | TrendClaim | RangeClaim | SubspacesClaim, Field(discriminator="kind")]


class ComparisonRecipe(WritingRecipe, title="a recipe of a comparison"):
    """Two checkpoints answer the same prompts and read the same texts; every difference stands beside its noise."""

    kind: Literal["compare"]
    """A recipe for two checkpoints of one model, run by `llmgeo compare`."""
    generation: Generation = Generation()
    window: Window = Window()
    neutral: Neutral
    measures: Measures
    noise: Noise = Noise()
    claims: Annotated[tuple[Claim, ...], NotEmpty]
    """Sentences of papers, each as one test."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_whole_window(self.window.tokens)
        if not self.measures.geometric:
            raise fault(("measures",), "names no measure; list at least one under cloud, token or path")
        require_own_names({"claims": self.claims})
        for place, claim in enumerate(self.claims):
            for key, why in _inconsistencies(claim, self.measures.geometric):
                raise fault(("claims", place, *key), why)
        return self


def _inconsistencies(claim: Claim, listed: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with a claim, and under which key."""
    if claim.kind == "range":
        if not claim.low < claim.high:
            yield ("low",), f"must be below high = {claim.high}"
        return
    if claim.kind == "subspaces":
        if {*claim.steps, *claim.plain} & set(claim.tuning) or set(claim.steps) & set(claim.plain):
            yield (), "takes two changes from the same prompts: name different kinds in steps, plain and tuning"
        return
    if claim.kind == "paired" and claim.cloud == "prompts":
        if claim.measure not in PROMPT_MEASURES:
            near = did_you_mean(claim.measure, PROMPT_MEASURES)
            yield ("measure",), f'is not measured on cloud = "prompts"{near} There: {", ".join(PROMPT_MEASURES)}'
        if {claim.a.text, claim.b.text} != {"neutral"}:
            yield (), 'is on cloud = "prompts", which is made of neutral texts: write text = "neutral" in a and b'
    elif claim.measure not in listed:
        near = did_you_mean(claim.measure, listed)
        yield ("measure",), f"is not in the recipe's [measures]{near} Listed: {', '.join(listed)}"
    if claim.kind == "paired" and claim.a.kinds != claim.b.kinds:
        yield (), 'pairs prompts with themselves, so a and b have the same kinds; use kind = "groups"'
    if claim.kind == "groups" and (not claim.a.kinds or not claim.b.kinds or set(claim.a.kinds) & set(claim.b.kinds)):
        yield (), "sets kinds of prompts against each other: name different ones in a and b"
