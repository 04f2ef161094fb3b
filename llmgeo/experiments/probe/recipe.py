"""What an experiment is: a TOML file of prompts, conditions, measures, contrasts and claims, checked before any work.

A recipe is data. It names conditions (how text comes about), measures (what is computed of it), contrasts (which
samples are set against which) and claims (a paper's sentence as a contrast with an expected direction). Knows the
names of the measures, not how any is computed; knows no torch, no model, and nothing of where results go.

>>> recipe = load_recipe("coherence")
>>> recipe.generation.new_tokens, recipe.condition("hot").temperature
(192, 1.6)
"""

import json
import os
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from llmgeo import plugins
from llmgeo.errors import RecipeError
from llmgeo.experiments.probe.recipe_consistency import inconsistencies
from llmgeo.measures.catalogue import MEASURES
from llmgeo.messages import did_you_mean
from llmgeo.recipe import toml_file
from llmgeo.recipe.tables import SHIPPED, THIRDS, Line, Name, NotEmpty, RecipeTable, Table, checked, fault, find
from llmgeo.user_file import UserFile, shipped

COMPARISONS = ("rlhf",)
"""Shipped recipes for two models; their schema is `llmgeo.experiments.compare.recipe`."""


Label = Literal["loop", "fluent"]


class Generation(Table, title="[generation]"):
    """`[generation]`: tokens generated after each prompt, and the seed of everything random in the run."""

    new_tokens: int = Field(192, ge=1, le=1_000_000)
    seed: int = Field(0, ge=0, lt=2**63)


class Window(Table, title="[window]"):
    """`[window]`: the slice of the new tokens on which every sample is measured.

    Every measure drifts with length, so samples are compared on equally many tokens or not at all.
    """

    skip: int = Field(0, ge=0)
    tokens: int = Field(128, ge=3)


class Measures(Table, title="[measures]"):
    """`[measures]`: what is computed, by what it needs: a cloud, neighbouring tokens, a whole path, only the text."""

    cloud: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()

    @property
    def geometric(self) -> tuple[str, ...]:
        """All measures that have a value per layer."""
        return self.cloud + self.token + self.path

    @field_validator("cloud", "token", "path", "baselines")
    @classmethod
    def _known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kind = info.field_name.removesuffix("s")
        legal = [name for name, measure in MEASURES.items() if measure.kind == kind]
        for place, name in enumerate(names):
            if name in legal and name in names[:place]:
                raise fault((place,), "is listed twice")
            if name in MEASURES and name not in legal:
                home = MEASURES[name].kind
                raise fault((place,), f"is a {home} measure; list it under {home}{'s' * (home == 'baseline')}")
            if name not in legal:
                raise fault(
                    (place,), f"is no known measure{did_you_mean(name, [*MEASURES])} Known here: {', '.join(legal)}"
                )
        return names


class Generate(Table, title="a generated condition"):
    """`[[conditions]]` with `kind = "generate"`: the model writes. `temperature = 0` is greedy."""

    kind: Literal["generate"]
    name: Name
    temperature: float = Field(ge=0, le=100)
    top_p: float = Field(1.0, gt=0, le=1)


class Read(Table, title="a read condition"):
    """`[[conditions]]` with `kind = "read"`: a finished text goes through the model in one forward pass.

    `text` says which: `same` (the new tokens of condition `of`, as they are), `shuffled` (those in random order), or
    `repeat` (the prompt said over and over until there are as many new tokens). The prompt stands in front each time.
    """

    kind: Literal["read"]
    name: Name
    text: Literal["same", "shuffled", "repeat"]
    of: Name | None = None


Condition = Annotated[Generate | Read, Field(discriminator="kind")]


class Selector(Table, title="a side of a contrast"):
    """One side of a contrast: the samples of these conditions, or those among them with this label."""

    conditions: Annotated[tuple[Name, ...], NotEmpty]
    label: Label | None = None


class Contrast(Table, title="a contrast"):
    """`[[contrasts]]`: two groups of samples, set against each other on every measure and layer."""

    name: Line
    a: Selector
    b: Selector


class Claim(Table, title="a claim"):
    """`[[claims]]`: a paper's sentence, as one contrast with an expected direction.

    The measure is averaged over `layers` within each sample first; the contrast is made of these averages. So the
    layers are fixed before anything is seen, and a claim is one test.
    """

    name: Line
    sentence: Line
    source: Line
    measure: str
    layers: Literal["all", "early third", "middle third", "late third"] | tuple[int, ...] = "all"
    a: Selector
    b: Selector
    expect: Literal["a > b", "a < b"]
    phrase: Line | None = None

    @property
    def unit(self) -> str:
        """The unit of the printed values."""
        return MEASURES[self.measure].unit

    def words(self, a: float | None, b: float | None) -> str:
        """The two sides' values in plain words.

        >>> load_recipe("coherence").claims[0].words(0.024, 0.012)
        'jumps per 100 tokens: 1.2 coherent, 2.4 at T = 1.6'
        """
        measure = MEASURES[self.measure]
        phrase = self.phrase or f"{measure.words}: {{a}} against {{b}}"
        return phrase.replace("{a}", measure.show(a)).replace("{b}", measure.show(b))

    def layer_numbers(self, blocks: int) -> tuple[int, ...]:
        """The layers meant, for a model with layers 0 (the embedding output) to `blocks`.

        Thirds divide the blocks 1 … `blocks`; below three blocks they overlap. Raises RecipeError for a layer that the
        model does not have.

        >>> claim = load_recipe("coherence").claims[0].model_copy(update={"layers": "middle third"})
        >>> claim.layer_numbers(30)
        (11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
        """
        if self.layers == "all":
            return tuple(range(blocks + 1))
        if isinstance(self.layers, str):
            third = THIRDS.index(self.layers)
            start = third * blocks // 3
            stop = max(start + 1, (third + 1) * blocks // 3)
            return tuple(range(start + 1, stop + 1))
        missing = [layer for layer in self.layers if layer > blocks]
        if missing:
            raise RecipeError(
                f"the claim {self.name!r} asks for layer {missing[0]}, but this model has layers 0 to {blocks}; "
                f'write layers = "all", or one of: {", ".join(THIRDS)}'
            )
        return self.layers

    @field_validator("layers", mode="before")
    @classmethod
    def _layers(cls, layers: object) -> object:
        allowed = (
            f'is not one of "all", {", ".join(map(json.dumps, THIRDS))}, or a list of layer numbers such as [5, 6]'
        )
        if isinstance(layers, str):
            if layers not in ("all", *THIRDS):
                raise fault((), allowed + did_you_mean(layers, ["all", *THIRDS]))
        elif not isinstance(layers, tuple) or not layers or any(type(layer) is not int for layer in layers):
            raise fault((), allowed)
        elif min(layers) < 0 or len(set(layers)) < len(layers):
            raise fault((), "must name layers from 0 on, each once")
        return layers

    @field_validator("phrase")
    @classmethod
    def _phrase(cls, phrase: str | None) -> str | None:
        if phrase is not None and not (phrase.count("{a}") == 1 and phrase.count("{b}") == 1):
            raise fault((), "must contain {a} and {b} once each: the two values are put there")
        return phrase


class Recipe(RecipeTable, title="a recipe"):
    """A whole recipe. `source` holds the bytes it was read from, `path` its file (None: it came with llmgeo)."""

    generation: Generation = Generation()
    window: Window = Window()
    measures: Measures
    conditions: Annotated[tuple[Condition, ...], NotEmpty]
    contrasts: tuple[Contrast, ...] = ()
    claims: tuple[Claim, ...] = ()

    def condition(self, name: str) -> Generate | Read:
        """The condition of this name. Raises RecipeError if there is none."""
        for condition in self.conditions:
            if condition.name == name:
                return condition
        known = [condition.name for condition in self.conditions]
        raise RecipeError(f"no condition {name!r}{did_you_mean(name, known)} The recipe has: {', '.join(known)}")

    @model_validator(mode="after")
    def _consistent(self) -> "Recipe":
        for path, why in inconsistencies(self):
            raise fault(path, why)
        return self


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """Reads a recipe that comes with llmgeo, by name, or a `.toml` file of one's own, by path.

    Installed plugins are loaded first, so that a recipe may list their measures. Raises RecipeError, with one message:
    file, line, key, value, what is allowed; MeasureError for a plugin that cannot be loaded.
    """
    plugins.load()
    if name_or_path in COMPARISONS:
        raise RecipeError(f"{name_or_path} compares two models: run it with llmgeo compare BASE TUNED")
    return parse_recipe(find(name_or_path, list_recipes(), "recipe"))


def list_recipes() -> tuple[str, ...]:
    """Names of the recipes for one model that come with llmgeo.

    >>> "coherence" in list_recipes()
    True
    """
    names = (name.removesuffix(".toml") for name in shipped(SHIPPED, (".toml",)))
    return tuple(name for name in names if name not in COMPARISONS)


def parse_recipe(file: UserFile) -> Recipe:
    """A recipe from bytes already read. Raises RecipeError."""
    document = toml_file.parse(file)
    if not document.data:
        raise RecipeError(f"{file.name} is empty; a recipe that can be copied is probes/coherence.toml")
    return checked(document, file, Recipe)
