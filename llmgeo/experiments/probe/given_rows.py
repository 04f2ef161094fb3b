"""Which rows of which table of texts a probe reads, in which order, and what is resampled. Loads no torch, no model.

The conditions take turns: first every condition's first group of texts, then every condition's second. So a limit
takes as many groups of each label however the file is sorted, a run that goes on with a larger limit begins with the
same texts, and the two sides of a contrast share their batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import UsageError
from llmgeo.experiments.probe.recipe import Given, Recipe
from llmgeo.messages import did_you_mean, shown
from llmgeo.texts.text_rows import TextRow
from llmgeo.texts.text_table import TextTable

if TYPE_CHECKING:
    from llmgeo.engine.request import Request


@dataclass(frozen=True)
class GivenRow:
    """One text under a condition.

    Attributes:
        sample: its name in the run; further parts of a text longer than the context have names of their own.
        group: what is resampled: the row's group, or by default the row itself.
    """

    sample: str
    group: str
    condition: Given
    row: TextRow


def given_rows(recipe: Recipe, tables: Mapping[str, TextTable], limit: int | None = None) -> list[GivenRow]:
    """The rows of all the recipe's conditions of given texts, in the order of the run.

    Args:
        tables: by the names that the conditions have for their files.
        limit: the first so many groups of each condition; None for all.

    >>> from llmgeo.experiments.probe.recipe_of_texts import recipe_of_texts
    >>> from llmgeo.texts.text_table import read_texts
    >>> table = read_texts([{"text": text, "label": text[0]} for text in ("a1", "a2", "b1", "a3", "b2")])
    >>> recipe = recipe_of_texts(table, "texts", 32)
    >>> [given.row.text for given in given_rows(recipe, {"texts": table}, limit=2)]
    ['a1', 'b1', 'a2', 'b2']
    """
    of_groups: dict[str, list[GivenRow]] = {}
    first: dict[str, int] = {}
    for condition in recipe.given:
        groups: dict[str, None] = {}
        for row in rows_of(condition, tables[condition.file]):
            group = row.group or _of_row(row, condition.file, len(recipe.text_files) > 1)
            groups.setdefault(group)
            of_groups.setdefault(group, []).append(GivenRow(sample_name(row.id, condition.name), group, condition, row))
        for place, group in enumerate(groups):
            first[group] = min(place, first.get(group, place))
    in_order = sorted(of_groups, key=lambda group: first[group])
    return [given for group in in_order if limit is None or first[group] < limit for given in of_groups[group]]


def used_rows(request: Request) -> list[GivenRow]:
    """The rows that a request reads."""
    return given_rows(request.recipe, request.tables, request.recipe.texts.limit)


def rows_of(condition: Given, table: TextTable) -> tuple[TextRow, ...]:
    """The rows of a condition. Raises UsageError for a label that the table does not have."""
    if condition.label is None:
        return table.rows
    if condition.label not in table.labels:
        known = list(table.labels)
        near = did_you_mean(condition.label, known) if known else "."
        has = f"It has: {', '.join(map(shown, known[:16]))}" if known else "It has no labels; leave the key label out"
        raise UsageError(
            f"the condition {condition.name} takes the label {shown(condition.label)}, which no text of {table.name} "
            f"has{near} {has}"
        )
    return tuple(row for row in table.rows if row.label == condition.label)


def check_rows(recipe: Recipe, tables: Mapping[str, TextTable]) -> None:
    """Raises UsageError for labels that are not there, and for texts that would have the same name in the run."""
    names: dict[str, GivenRow] = {}
    for given in given_rows(recipe, tables):
        other = names.setdefault(given.sample, given)
        if other is not given:
            raise UsageError(
                f"{given.row.where} under the condition {given.condition.name} and {other.row.where} under "
                f"{other.condition.name} would both be called {shown(given.sample)} in the run; change one of the ids"
            )


def _of_row(row: TextRow, file: str, is_one_of_several: bool) -> str:
    return f"{file}: {row.id}" if is_one_of_several else row.id
