"""The glossary: what a word of the results means, for someone who meets it for the first time.

One list for `llmgeo explain` and for the page. What a measure is comes from the catalogue, how a condition's texts come
about from its recipe, what a status says from the words of tables; the rest stands in `glossary.toml`. Knows no run.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain

from llmgeo.errors import UsageError
from llmgeo.measures.catalogue import (
    DEPTH_MEASURES,
    DYNAMICS_MEASURES,
    EVERY_MEASURE,
    LIBRARY_MEASURES,
    MEASURES,
    PAIR_MEASURES,
    SCALE_MEASURES,
    Measure,
    look_up,
)  # fmt: skip
from llmgeo.measures.measure import spell
from llmgeo.messages import did_you_mean, shown
from llmgeo.recipe.load import list_recipes, unchecked
from llmgeo.report import conditions, words

GROUPS = {
    "results": "Results and verdicts",
    "states": "Layers, paths and clouds",
    "texts": "Texts and models",
    "conditions": "Conditions: how the texts come about",
    "cloud": "Measures of a cloud: one text's states at one layer, their order ignored",
    "token": "Measures of neighbouring tokens along the text",
    "path": "Measures of the whole path through the window",
    "depth": "Measures of one token through the layers",
    "dynamics": "Measures of how a text moves, in several spaces",
    "baseline": "Baselines, which know no geometry",
    "scale": "The dimension by scale",
    "pair": "Measures of two models, or of their weights",
    "statuses": "Statuses: whether a number may be used, and why not",
}
"""Every group of terms with its heading, in order; the kinds of measures among them."""

NULLS = {
    "gaussian_cloud": "as many random points with the same mean and spread (a Gaussian cloud)",
    "shuffle_order": "the same states in shuffled order",
    "other_texts": "paths of the same layers' steps of other texts' tokens (null E)",
    "phase_randomised": "a path with the same frequencies and other phases, as smooth as the text's",
    "rounding": "the base model against itself, its weights rounded once more",
    "none": "",
}
"""What a measure's values are read beside, in words."""


@dataclass(frozen=True)
class Term:
    """One word, explained.

    Attributes:
        word: what is typed. title: how it stands in a sentence. group: a key of `GROUPS`.
        meaning: in plain sentences. example: with a number.
        unit, null, parameters: of a measure.
        source: a paper, or where else it comes from. see: other terms' words.
        aliases: other spellings that lead here.
    """

    word: str
    title: str
    group: str
    meaning: str
    example: str = ""
    unit: str = ""
    null: str = ""
    parameters: tuple[str, ...] = ()
    source: str = ""
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def brief(self) -> str:
        """The first sentence of its meaning, for where there is room for one."""
        return re.split(r"(?<=[.?]) (?=[A-Z])", self.meaning, maxsplit=1)[0]

    @property
    def anchor(self) -> str:
        """Where it stands on a page: `glossary-auc`."""
        return f"glossary-{re.sub(r'[^a-z0-9]+', '-', self.word.lower()).strip('-')}"


def glossary() -> dict[str, Term]:
    """Every term by its word, group by group. Plugins' measures are among them once plugins are loaded."""
    terms = {term.word: term for term in (*_written(), *_conditions(), *_measures(), *_statuses())}
    return {word: term for group in GROUPS for word, term in terms.items() if term.group == group}


def explain(word: str) -> Term:
    """The term of a word: as it is typed in tables and commands, or in another spelling.

    Raises:
        UsageError: there is no such word.

    >>> explain("AUC").title, explain("ID").word, explain("gride(n1=4)").title, explain("Layer-0").word
    ('AUC', 'intrinsic_dimension', 'GRIDE dimension (n1 = 4)', 'layer_0')
    >>> explain("plato")
    Traceback (most recent call last):
      ...
    llmgeo.errors.UsageError: 'plato' is not in the glossary; did you mean plateau? `llmgeo explain` lists all words.
    """
    if (term := find(word)) is not None:
        return term
    if word.partition("(")[0].strip() in EVERY_MEASURE:
        look_up(word.strip())  # says which parameter is wrong
    near = did_you_mean(word.strip().lower(), [name for term in glossary().values() for name in _spellings(term)])
    raise UsageError(f"{shown(word)} is not in the glossary{near} `llmgeo explain` lists all words.")


def find(word: str) -> Term | None:
    """The term of a word, as in `explain`; None where there is none.

    >>> find("nothing beyond mean entropy").word, find("supported, nothing beyond mean entropy").word, find("xyz")
    ('beyond', 'supported', None)
    """
    terms, word = glossary(), word.strip()
    if word in terms:
        return terms[word]
    if word in EVERY_MEASURE:  # a label with parameters
        return _measure_term(EVERY_MEASURE[word])
    spellings = {_spelt(spelling): term for term in reversed(terms.values()) for spelling in _spellings(term)}
    words = re.split(r"[\s,]+", word)
    beginnings = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((spellings[_spelt(text)] for text in beginnings if _spelt(text) in spellings), None)


@cache
def _file() -> Mapping:
    return tomllib.loads((resources.files(__package__) / "glossary.toml").read_text(encoding="utf-8"))


def _written() -> Iterator[Term]:
    for word, entry in _file()["terms"].items():
        yield Term(word=word, **entry | {"meaning": " ".join(entry["meaning"])} | _tuples(entry))


def _measures() -> Iterator[Term]:
    groups = (MEASURES, SCALE_MEASURES, PAIR_MEASURES, DEPTH_MEASURES, DYNAMICS_MEASURES, LIBRARY_MEASURES)
    return map(_measure_term, chain(*map(dict.values, groups)))


def _measure_term(measure: Measure) -> Term:
    """The entry of a measure, or of a configured one, whose example is then of the defaults."""
    written = _file()["measures"].get(measure.name, {})
    example = written.get("example", "")
    return Term(
        word=measure.label,
        title=measure.words,
        group=measure.kind,
        meaning=" ".join(filter(None, (measure.meaning, written.get("more")))),
        example=f"As {measure.name}: {example}" if measure.values and example else example,
        unit=measure.unit,
        null=NULLS[measure.null],
        parameters=tuple(_parameter(measure, name) for name in measure.parameters),
        source=measure.source,
        **_tuples(written),
    )


def _parameter(measure: Measure, name: str) -> str:
    parameter = measure.parameters[name]
    here = f"here {spell(measure.values[name])}; " if name in measure.values else ""
    return f"{name}: {parameter.allowed} ({here}left out: {spell(parameter.default)})"


@cache
def _conditions() -> tuple[Term, ...]:
    tables = {recipe: unchecked(recipe).get("conditions", ()) for recipe in list_recipes()}
    return tuple(condition_term(recipe, table) for recipe in tables for table in tables[recipe])


def condition_term(recipe: str, table: Mapping) -> Term:
    """The term of a condition, from its table in a recipe.

    >>> condition_term("mine", {"name": "cold", "kind": "generate", "temperature": 0.0}).meaning.split(". ")
    ['The model goes on from the prompt and takes the likeliest token each time', 'A condition of the recipe mine.']
    """
    name, meaning, example = str(table.get("name")), *conditions.explained(table)
    see = ("condition", "temperature", "top_p") if table.get("kind") == "generate" else ("condition", "trajectory")
    return Term(
        name,
        name,
        "conditions",
        f"{meaning} A condition of the recipe {recipe}." if recipe else meaning,
        example,
        see=see,
    )


def _statuses() -> Iterator[Term]:
    for status, more in _file()["statuses"].items():
        said = "it can be trusted" if status == "ok" else words.reason(status)
        yield Term(
            word=status,
            title=status,
            group="statuses",
            meaning=f"{said[:1].upper()}{said[1:]}. {more}",
            see=("status", "plateau") if status == "no_plateau" else ("status",),
        )


def _tuples(entry: Mapping) -> dict[str, tuple[str, ...]]:
    return {key: tuple(entry.get(key, ())) for key in ("see", "aliases")}


def _spellings(term: Term) -> tuple[str, ...]:
    return (term.word, term.title, *term.aliases)


def _spelt(word: str) -> str:
    """A spelling without what people vary: capitals, blanks, hyphens, underscores.

    >>> _spelt("Layer 0") == _spelt("layer_0"), _spelt("rep-4")
    (True, 'rep4')
    """
    return re.sub(r"[\s_-]+", "", word).lower()
