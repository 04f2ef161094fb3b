"""Which of a recipe's conditions are measured together, and in which order. Knows recipes; no prompts, no model.

The conditions of the claim that takes the fewest tokens come first, for all prompts, so that its verdict is there
early. All groups have equally many generated conditions, so that the two sides of a contrast share the size of their
batches, which rounding depends on; texts that are read come with the conditions that they are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.recipe_tables import Claim, Generate, Read

Group = tuple[Generate | Read, ...]
"""Conditions of one batch of prompts, in the recipe's order."""


SLOW = 10_000_000
"""Parameters from which on a model writes slowly enough for an order to matter: a smaller one is done in seconds, and
each group of conditions costs it as many steps as all of them at once."""


def parts_of(recipe: Recipe, parameters: int) -> tuple[Group, ...]:
    """The groups, where the model is slow enough for an order to matter; else all conditions together."""
    return groups(recipe) if parameters >= SLOW else (recipe.prompted,)


def groups(recipe: Recipe) -> tuple[Group, ...]:
    """The recipe's conditions that begin with prompts, in the groups that are measured one after the other.

    >>> from llmgeo.recipe import load_recipe
    >>> for group in groups(load_recipe("coherence")):
    ...     print(*(condition.name for condition in group))
    nucleus hot nucleus_read shuffled repeat
    cool greedy
    """
    conditions = recipe.prompted
    written = [condition.name for condition in conditions if isinstance(condition, Generate)]
    read = [condition for condition in conditions if isinstance(condition, Read)]
    claims = sorted(claims_on_prompts(recipe), key=lambda claim: _tokens(recipe, claim))
    sources = {condition.of for condition in read if condition.of is not None}
    first = _needs(recipe, claims[0]) if claims else set(written)
    size = next((size for size in range(1, len(written)) if len(written) % size == 0 and size >= len(first)), 0)
    if not size:
        return (conditions,)
    # Texts that are read are set against each other: all of them stay together, with all that they are made of.
    wanted = [name for claim in claims for name in written if name in _needs(recipe, claim)]
    order = list(dict.fromkeys([*wanted, *written]))
    parts = [set(order[start : start + size]) for start in range(0, len(order), size)]
    reading = next((part for part in parts if sources <= part), None)
    if reading is None:
        return (conditions,)
    return tuple(
        tuple(
            condition
            for condition in conditions
            if (part is reading if isinstance(condition, Read) else condition.name in part)
        )
        for part in parts
    )


def claims_on_prompts(recipe: Recipe) -> list[Claim]:
    """The claims that no text of a file is needed for."""
    given = {condition.name for condition in recipe.given}
    return [claim for claim in recipe.claims if not names(claim) & given]


def names(claim: Claim) -> set[str]:
    """The conditions that a claim sets against each other."""
    return {*claim.a.conditions, *claim.b.conditions}


def generated(conditions: Iterable[Generate | Read]) -> int:
    """How many of the conditions the model writes."""
    return sum(isinstance(condition, Generate) for condition in conditions)


def _needs(recipe: Recipe, claim: Claim) -> set[str]:
    """The conditions that must have been written for the claim's texts to be there."""
    sides = [recipe.condition(name) for name in names(claim)]
    sources: Sequence[str | None] = [
        condition.name if isinstance(condition, Generate) else condition.of for condition in sides
    ]
    return {name for name in sources if name is not None}


def _tokens(recipe: Recipe, claim: Claim) -> int:
    """Tokens of a prompt that are computed before the claim's texts are there: where one is read, all are."""
    is_read = any(isinstance(recipe.condition(name), Read) for name in names(claim))
    read = sum(isinstance(condition, Read) for condition in recipe.prompted) if is_read else 0
    window = recipe.window.skip + recipe.window.tokens
    return len(_needs(recipe, claim)) * recipe.generation.new_tokens + read * window
