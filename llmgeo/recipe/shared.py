"""The sections that recipes of several kinds have: prompts, generation, window, measures, sides, claims with layers.

An experiment's own schema takes them as they are or extends them. Knows no experiment, no torch and no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from llmgeo.errors import RecipeError
from llmgeo.messages import MOST_WHOLE, did_you_mean, number_words
from llmgeo.recipe.measure_labels import ListedMeasures, labels
from llmgeo.recipe.tables import Line, Name, NotEmpty, RecipeTable, Section, fault
from llmgeo.texts.degeneration import LABELS, LabelName, either

THIRDS = ("early third", "middle third", "late third")
NAMED_LAYERS = ("all", *THIRDS, "last")

MOST_SEED = MOST_WHOLE

Expectation = Annotated[
    Literal["a > b", "a < b"], Field(description="Which side has more of it, if the paper is right.")
]


class HasName(Protocol):
    """An entry of a recipe's table that is called something."""

    name: str


def require_own_names(tables: Mapping[str, Sequence[HasName]]) -> None:
    """Raises a fault for a name that two entries have.

    Args:
        tables: entries by their table's key, a dot between the parts of one within another: those that are told apart
            by name.
    """
    taken: dict[str, str] = {}
    for table, entries in tables.items():
        for place, entry in enumerate(entries):
            if entry.name in taken:
                why = f"is taken by {taken[entry.name]}; each name stands once"
                raise fault((*table.split("."), place, "name"), why)
            taken[entry.name] = f"{table}[{place}]"


class Prompts(Section, title="[prompts]"):
    """`[prompts]`: a file of texts, and at most how many of them (the first ones) are used."""

    file: Line
    """A file that comes with llmgeo, by its name, or one of your own: .jsonl, or .txt with one prompt a line."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """The first so many; left out: all of them."""


def checked_limit(limit: int | None) -> None:
    """Raises RecipeError for a number of prompts or texts below one."""
    if limit is not None and limit < 1:
        raise RecipeError(f"limit = {limit} is not allowed: it must be {number_words(True, 1)}")


class PromptedRecipe(RecipeTable):
    """A recipe that begins with prompts."""

    prompts: Prompts

    def with_limit(self, limit: int | None) -> Self:
        """The same recipe on at most `limit` prompts (None: all of the file). Raises RecipeError for less than one."""
        checked_limit(limit)
        return self.model_copy(update={"prompts": self.prompts.model_copy(update={"limit": limit})})


class Generation(Section, title="[generation]"):
    """`[generation]`: tokens generated after each prompt, and the seed of everything random in the run."""

    new_tokens: int = Field(192, ge=1, le=1_000_000)
    """Tokens after each prompt, unless the model ends its text before."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """The same seed on the same machine gives the same texts."""


class WritingRecipe(PromptedRecipe):
    """A recipe whose models continue prompts."""

    seeded_by = "generation"

    generation: Generation = Generation()

    def require_whole_window(self, tokens: int) -> None:
        """Raises a fault for a window of more tokens than are generated."""
        if tokens > self.generation.new_tokens:
            new = self.generation.new_tokens
            raise fault(("window", "tokens"), f"reaches beyond generation.new_tokens = {new}; give at most {new}")


class Decoder(Section, title="a decoder"):
    """`[[decoders]]`: one way in which the model writes. `temperature = 0` is greedy."""

    name: Name
    """What tables call its texts."""
    temperature: float = Field(ge=0, le=100)
    """0: always the most probable token; 1: as the model would have it; above: flatter."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Only the most probable tokens that make up this much are drawn from."""


class Window(Section, title="[window]"):
    """`[window]`: on how many tokens every text is measured.

    Every measure drifts with length, so texts are compared on equally many tokens or not at all.
    """

    tokens: int = Field(128, ge=3)
    """Tokens that are measured; a text with fewer is counted, and not measured."""


class Measures(Section, title="[measures]"):
    """`[measures]`: what is computed, by what it needs.

    A measure stands there by its name, or as a table with its parameters: `{ name = "gride", n1 = 4 }`, which tables,
    claims and figures then call `gride(n1=4)`.
    """

    cloud: Annotated[tuple[str, ...], ListedMeasures("cloud")] = ()
    """Measures of the window's states at one layer, their order ignored."""
    token: Annotated[tuple[str, ...], ListedMeasures("token")] = ()
    """Measures of neighbouring states along the text."""
    path: Annotated[tuple[str, ...], ListedMeasures("path")] = ()
    """Measures of the whole way through the window."""

    @property
    def geometric(self) -> tuple[str, ...]:
        """The labels of all measures that have a value per layer."""
        return self.cloud + self.token + self.path

    @field_validator("*", mode="before")
    @classmethod
    def _as_labels(cls, listed: object, info: ValidationInfo) -> object:
        return labels(listed, info.field_name.removesuffix("s"), cls.model_fields)


def _side_label(label: object) -> object:
    listed = [label] if isinstance(label, str) else label
    allowed = f"is not one of {', '.join(map(json.dumps, LABELS))}, or a list of some of them"
    if not isinstance(listed, tuple | list) or not listed:
        raise fault((), allowed)
    for each in listed:
        if each not in LABELS:
            raise fault((), allowed + (did_you_mean(each, LABELS) if isinstance(each, str) else ""))
    if len(set(listed)) < len(listed):
        raise fault((), "must name each label once")
    return label if isinstance(label, str) else tuple(listed)


_Labels = Annotated[tuple[LabelName, ...], Field(min_length=1, json_schema_extra={"uniqueItems": True})]
SideLabel = Annotated[LabelName | _Labels, BeforeValidator(_side_label)]


class ConditionSide(Section, title="a side of a contrast"):
    """One side of a contrast: the samples of these conditions, or those among them with this label."""

    conditions: Annotated[tuple[Name, ...], NotEmpty]
    """The names of conditions."""
    label: SideLabel | None = None
    """What the texts are, told from the text alone: `loop`, `templated`, `repetitive`, `incoherent`, `switched` (its
    language), `stopped` (early), or `fluent`: nothing of these was found. Or a list of several."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that its texts may have; none, if any will do."""
        return (self.label,) if isinstance(self.label, str) else self.label or ()

    @property
    def label_words(self) -> str | None:
        """The labels as tables hold them: "loop", "loop or templated", or None."""
        return either(self.labels)


def _layers(layers: object) -> object:
    allowed = f"is not one of {', '.join(map(json.dumps, NAMED_LAYERS))}, or a list of layer numbers such as [5, 6]"
    if isinstance(layers, str):
        if layers not in NAMED_LAYERS:
            raise fault((), allowed + did_you_mean(layers, NAMED_LAYERS))
        return layers
    if not isinstance(layers, tuple | list) or not layers or any(type(layer) is not int for layer in layers):
        raise fault((), allowed)
    if min(layers) < 0 or len(set(layers)) < len(layers):
        raise fault((), "must name layers from 0 on, each once")
    return tuple(layers)


_Numbers = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, json_schema_extra={"uniqueItems": True})
]
Layers = Annotated[
    Literal["all", "early third", "middle third", "late third", "last"] | _Numbers, BeforeValidator(_layers)
]


def layer_numbers(layers: str | tuple[int, ...], blocks: int, who: str = "this recipe") -> tuple[int, ...]:
    """The layers meant, for a model with layers 0 (the embedding output) to `blocks`.

    Thirds divide the blocks 1 … `blocks`; below three blocks they overlap.

    Args:
        layers: ``"all"``, a third, ``"last"``, or numbers.
        who: who asks for them, for the message.

    Raises:
        RecipeError: the model does not have one of the layers.

    >>> layer_numbers("middle third", 30)
    (11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
    >>> layer_numbers("last", 30), layer_numbers((0, 5), 30)
    ((30,), (0, 5))
    """
    if layers == "all":
        return tuple(range(blocks + 1))
    if layers == "last":
        return (blocks,)
    if isinstance(layers, str):
        third = THIRDS.index(layers)
        start = third * blocks // 3
        return tuple(range(start + 1, max(start + 1, (third + 1) * blocks // 3) + 1))
    missing = [layer for layer in layers if layer > blocks]
    if missing:
        raise RecipeError(
            f"{who} asks for layer {missing[0]}, but this model has layers 0 to {blocks}; "
            f"write layers = one of: {', '.join(map(json.dumps, NAMED_LAYERS))}"
        )
    return layers


class ClaimSection(Section):
    """What every claim has: a paper's sentence, where it stands, and the layers that it is asked of."""

    name: Line
    """What tables call the claim; each name stands once."""
    sentence: Line
    """What the paper says, as one sentence."""
    source: Line
    """Authors, year and where to find it."""
    layers: Layers = "all"
    """Named before anything is seen: the measure is averaged over them within each text, so that a claim is one test.

    `all`, a third of the blocks, `last`, or layer numbers; 0 is the embedding output.
    """

    def layer_numbers(self, blocks: int) -> tuple[int, ...]:
        """The layers meant, in a model with layers 0 to `blocks`. Raises RecipeError for one that it does not have."""
        return layer_numbers(self.layers, blocks, f"the claim {self.name!r}")
