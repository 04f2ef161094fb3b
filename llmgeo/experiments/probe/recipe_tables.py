"""The sections of a probe's recipe, beside the shared ones: conditions, contrasts, claims, baselines.

Knows what each key may hold; does not know what the sections mean to each other.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from llmgeo.measures.catalogue import look_up
from llmgeo.recipe import shared
from llmgeo.recipe.measure_labels import LabelOfMeasure, ListedMeasures, NamedMeasure
from llmgeo.recipe.shared import ClaimSection, ConditionSide, Expectation
from llmgeo.recipe.tables import FilePath, Line, Name, Section, fault


class Window(shared.Window, title="[window]"):
    """`[window]`: the slice of the new tokens on which every sample is measured.

    Every measure drifts with length, so samples are compared on equally many tokens or not at all.
    """

    skip: int = Field(0, ge=0)
    """New tokens that are left out before it."""


class Measures(shared.Measures, title="[measures]"):
    """`[measures]`: what is computed, by what it needs: a cloud, neighbouring tokens, a whole path, only the text.

    A measure stands there by its name, or as a table with its parameters: `{ name = "gride", n1 = 4 }`, which tables,
    claims and figures then call `gride(n1=4)`.
    """

    baselines: Annotated[tuple[str, ...], ListedMeasures("baseline")] = ()
    """No geometry at all; a geometric measure that tells no more than these is no news, and is said not to."""


class Generate(Section, title="a generated condition"):
    """`[[conditions]]` with `kind = "generate"`: the model writes. `temperature = 0` is greedy."""

    kind: Literal["generate"]
    name: Name
    """What contrasts, claims and tables call the condition."""
    temperature: float = Field(ge=0, le=100)
    """0: always the most probable token; 1: as the model would have it; above: flatter."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Only the most probable tokens that make up this much are drawn from."""


class Read(Section, title="a read condition"):
    """`[[conditions]]` with `kind = "read"`: a finished text goes through the model in one forward pass.

    `text` says which: `same` (the new tokens of condition `of`, as they are), `shuffled` (those in random order), or
    `repeat` (the prompt said over and over until there are as many new tokens). The prompt stands in front each time.
    """

    kind: Literal["read"]
    name: Name
    """What contrasts, claims and tables call the condition."""
    text: Literal["same", "shuffled", "repeat"]
    """`same` as condition `of` wrote it, `shuffled`, or `repeat`: the prompt over and over."""
    of: Name | None = None
    """The generated condition whose text is read."""


class Given(Section, title="a condition of given texts"):
    """`[[conditions]]` with `kind = "file"`: texts of one's own, each read in one forward pass.

    A row of the file has a `text`; or `messages`, which the model's chat template makes a text of; or a `prompt` and an
    `answer`, of which the answer is measured. It may have an `id`, a `label`, a `group` (the unit of resampling; by
    default the row) and further columns, which are kept.
    """

    kind: Literal["file"]
    name: Name
    """What contrasts, claims and tables call the condition."""
    file: FilePath
    """A .jsonl, .csv, .tsv or .parquet file, or a folder of .txt files; sought from the recipe's folder on."""
    label: Line | None = None
    """Only the rows with this label; left out: all of them."""


Condition = Annotated[Generate | Read | Given, Field(discriminator="kind")]


class Texts(Section, title="[texts]"):
    """`[texts]`: how many of the texts in files are used."""

    limit: Annotated[int, Field(ge=1)] | None = None
    """The first so many of each condition (groups, where the file has them); left out: all of them."""


class Contrast(Section, title="a contrast"):
    """`[[contrasts]]`: two groups of samples, set against each other on every measure and layer."""

    name: Line
    """What tables call the contrast; each name stands once."""
    a: ConditionSide
    b: ConditionSide


class Claim(ClaimSection, title="a claim"):
    """`[[claims]]`: a paper's sentence, as one contrast with an expected direction.

    The measure is averaged over `layers` within each sample first; the contrast is made of these averages. So the
    layers are fixed before anything is seen, and a claim is one test.
    """

    measure: Annotated[str, LabelOfMeasure, NamedMeasure()]
    """One of those in `[measures]`."""
    a: ConditionSide
    b: ConditionSide
    expect: Expectation
    phrase: Line | None = None
    """The two values in words; {a} and {b} stand for the mean of each side."""

    @property
    def unit(self) -> str:
        """The unit of the printed values."""
        return look_up(self.measure).unit

    def words(self, a: str, b: str) -> str:
        """The two sides' values, as they are said, in a sentence.

        >>> from llmgeo.recipe import load_recipe
        >>> load_recipe("coherence").claims[0].words("2.4", "1.2")
        'jumps per 100 tokens: 1.2 coherent, 2.4 at T = 1.6'
        """
        phrase = self.phrase or f"{look_up(self.measure).words}: {{a}} against {{b}}"
        return phrase.replace("{a}", a).replace("{b}", b)

    @field_validator("phrase")
    @classmethod
    def _phrase(cls, phrase: str | None) -> str | None:
        if phrase is not None and not (phrase.count("{a}") == 1 and phrase.count("{b}") == 1):
            raise fault((), "must contain {a} and {b} once each: the two values are put there")
        return phrase
