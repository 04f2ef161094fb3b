"""What a comparison of two checkpoints is: a TOML file of prompts, texts, measures and claims, checked before any work.

A comparison's recipe says which prompts, how long a window, what is measured of each model, which noise a difference
must exceed, and which sentences of papers are asked of the pair. What is compared between the two models does not
depend on the recipe. Knows no torch, no model, and nothing of where results go.

>>> recipe = load_comparison("rlhf")
>>> recipe.window.tokens, [claim.kind for claim in recipe.claims][:2]
(48, ['paired', 'groups'])
"""

import os
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from llmgeo.errors import RecipeError
from llmgeo.experiments.probe.recipe import COMPARISONS
from llmgeo.measures.catalogue import MEASURES, PROMPT_MEASURES
from llmgeo.messages import did_you_mean
from llmgeo.recipe import toml_file
from llmgeo.recipe.tables import THIRDS, Line, Name, NotEmpty, RecipeTable, Table, Text, checked, fault, find
from llmgeo.user_file import UserFile

TextKind = Literal["neutral", "base_answer", "tuned_answer", "chat_answer"]
TEXT_WORDS: dict[TextKind, str] = {
    "neutral": "neutral text",
    "base_answer": "BASE's answers",
    "tuned_answer": "TUNED's answers",
    "chat_answer": "TUNED's chat answers",
}
"""What the kinds of text are called wherever people read of them."""

Reader = Literal["base", "tuned"]
Layers = Literal["all", "early third", "middle third", "late third", "last"]


class Answers(Table, title="[answers]"):
    """`[answers]`: how each model answers the prompts; `temperature = 0` is greedy.

    `opening` stands between a prompt without a chat template and its answer.
    """

    opening: str = Field("", max_length=1000)
    new_tokens: int = Field(96, ge=4, le=100_000)
    temperature: float = Field(0.0, ge=0, le=100)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int = Field(0, ge=0, lt=2**63)


class Window(Table, title="[window]"):
    """`[window]`: how many tokens of every text are measured; a shorter answer is counted, and not measured."""

    tokens: int = Field(48, ge=4)


class Neutral(Table, title="[neutral]"):
    """`[neutral]`: a passage that follows every prompt, so that no model has written what is read."""

    passage: Text


class Measures(Table, title="[measures]"):
    """`[measures]`: what is measured of each model by itself, text by text."""

    cloud: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    path: tuple[str, ...] = ()

    @property
    def geometric(self) -> tuple[str, ...]:
        return self.cloud + self.token + self.path

    @field_validator("cloud", "token", "path")
    @classmethod
    def _known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        legal = [name for name, measure in MEASURES.items() if measure.kind == info.field_name]
        for place, name in enumerate(names):
            if name not in legal:
                raise fault((place,), f"is not known here{did_you_mean(name, legal)} Known: {', '.join(legal)}")
            if name in names[:place]:
                raise fault((place,), "is listed twice")
        return names


class Noise(Table, title="[noise]"):
    """`[noise]`: what a difference must exceed.

    `jitter` names the number format whose rounding the base's weights are moved by; checkpoints are published in
    bfloat16, so two copies of one model may differ by as much. `splits` is how many ways the prompts are halved.
    """

    jitter: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    splits: int = Field(200, ge=10, le=10_000)


class Side(Table, title="a side of a claim"):
    """Which model reads which text, and of which kinds of prompts (all, if left out)."""

    reader: Reader
    text: TextKind
    kinds: tuple[Name, ...] = ()


class _Claim(Table):
    name: Line
    sentence: Line
    source: Line
    layers: Layers = "all"
    note: Text | None = None

    def layer_numbers(self, blocks: int) -> tuple[int, ...]:
        """The layers meant, in a model with layers 0 to `blocks`.

        >>> load_comparison("rlhf").claims[0].model_copy(update={"layers": "late third"}).layer_numbers(30)
        (21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
        """
        if self.layers == "all":
            return tuple(range(blocks + 1))
        if self.layers == "last":
            return (blocks,)
        third = THIRDS.index(self.layers)
        start = third * blocks // 3
        return tuple(range(start + 1, max(start + 1, (third + 1) * blocks // 3) + 1))


class PairedClaim(_Claim, title="a paired claim"):
    """`kind = "paired"`: the same prompts on both sides; the mean difference a − b is tested.

    `cloud = "text"` measures the tokens of each text; `"prompts"` the last tokens of all prompts' neutral texts.
    """

    kind: Literal["paired"]
    measure: str
    cloud: Literal["text", "prompts"] = "text"
    a: Side
    b: Side
    expect: Literal["a > b", "a < b"]


class GroupsClaim(_Claim, title="a claim on kinds of prompts"):
    """`kind = "groups"`: different prompts on the two sides; AUC tells how well the measure tells them apart."""

    kind: Literal["groups"]
    measure: str
    a: Side
    b: Side
    expect: Literal["a > b", "a < b"]


class TrendClaim(_Claim, title="a claim on a trend"):
    """`kind = "trend"`: does a measure of the texts rise or fall with the complexity of their prompts?

    Complexity is the mean surprisal of a prompt's tokens in BASE. Spearman's rank correlation over prompts is tested:
    a slope, a bend and a threshold are all the same to it.
    """

    kind: Literal["trend"]
    measure: str
    a: Side
    expect: Literal["rises", "falls"]


class RangeClaim(_Claim, title="a claim on a range"):
    """`kind = "range"`: several measures of a pooled cloud of texts, side by side, against a range of values."""

    kind: Literal["range"]
    reader: Reader
    low: float
    high: float


class SubspacesClaim(_Claim, title="a claim on subspaces"):
    """`kind = "subspaces"`: do step-by-step answers and tuning move the states in the same directions?

    The kinds of prompts to take each change from. `steps` and `plain` pose the same problems: two prompts are a pair
    where their ids are the same up to the last hyphen. `tuning` names other kinds, so that no state is in both changes.
    """

    kind: Literal["subspaces"]
    dimensions: int = Field(4, ge=1, le=200)
    steps: Annotated[tuple[Name, ...], NotEmpty]
    plain: Annotated[tuple[Name, ...], NotEmpty]
    tuning: Annotated[tuple[Name, ...], NotEmpty]
    expect: Literal["a > b", "a < b"]


Claim = Annotated[PairedClaim | GroupsClaim | TrendClaim | RangeClaim | SubspacesClaim, Field(discriminator="kind")]


class ComparisonRecipe(RecipeTable, title="a recipe of a comparison"):
    """A whole recipe of a comparison."""

    kind: Literal["comparison"]
    answers: Answers = Answers()
    window: Window = Window()
    neutral: Neutral
    measures: Measures
    noise: Noise = Noise()
    claims: Annotated[tuple[Claim, ...], NotEmpty]

    @model_validator(mode="after")
    def _consistent(self) -> "ComparisonRecipe":
        if self.window.tokens > self.answers.new_tokens:
            raise fault(("window", "tokens"), f"reaches beyond answers.new_tokens = {self.answers.new_tokens}")
        if not self.measures.geometric:
            raise fault(("measures",), "names no measure; list at least one under cloud, token or path")
        names = [claim.name for claim in self.claims]
        for place, claim in enumerate(self.claims):
            if claim.name in names[:place]:
                raise fault(("claims", place, "name"), "is taken by another claim; each name stands once")
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
        yield ("measure",), f"is not in [measures]{near} Listed: {', '.join(listed)}"
    if claim.kind == "paired" and claim.a.kinds != claim.b.kinds:
        yield (), 'pairs prompts with themselves, so a and b have the same kinds; use kind = "groups"'
    if claim.kind == "groups" and (not claim.a.kinds or not claim.b.kinds or set(claim.a.kinds) & set(claim.b.kinds)):
        yield (), "sets kinds of prompts against each other: name different ones in a and b"


def load_comparison(name_or_path: str | os.PathLike[str]) -> ComparisonRecipe:
    """Reads a comparison's recipe that comes with llmgeo, by name, or a `.toml` file, by path.

    Raises RecipeError, with one message: file, line, key, value, what is allowed.
    """
    return parse_comparison(find(name_or_path, COMPARISONS, "recipe of a comparison"))


def parse_comparison(file: UserFile) -> ComparisonRecipe:
    """A recipe from bytes already read. Raises RecipeError."""
    document = toml_file.parse(file)
    if document.data.get("kind") != "comparison":
        raise RecipeError(
            f'{file.name} has no line kind = "comparison": it is no recipe of a comparison. One that can be copied is '
            "probes/rlhf.toml; a recipe for one model goes to llmgeo probe"
        )
    return checked(document, file, ComparisonRecipe)
