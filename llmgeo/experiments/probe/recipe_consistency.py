"""Checks of a recipe that no single key shows: names of nothing, and sides that cannot be compared.

Knows what conditions, contrasts and claims mean to each other; does not know how a fault is worded with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmgeo.experiments.probe.recipe_tables import Claim, Contrast, Generate, Given, Read
from llmgeo.messages import did_you_mean
from llmgeo.recipe.toml_file import Path

Fault = tuple[Path, str]  # where, and what follows "key = value" in the message


def inconsistencies(
    conditions: Sequence[Generate | Read | Given],
    contrasts: Sequence[Contrast],
    claims: Sequence[Claim],
    measures: Sequence[str],
) -> Iterator[Fault]:
    """What no single key shows; `measures` are the labels of those that the recipe lists."""
    kinds = {condition.name: condition.kind for condition in conditions}
    for place, condition in enumerate(conditions):
        yield from _condition_faults(("conditions", place), condition, kinds)
    for table, items in (("contrasts", contrasts), ("claims", claims)):
        for place, item in enumerate(items):
            yield from _side_faults((table, place), item, kinds)
    for place, claim in enumerate(claims):
        if claim.measure not in measures:
            suggestion = did_you_mean(claim.measure, measures)
            yield (
                ("claims", place, "measure"),
                f"is not in the recipe's [measures]{suggestion} Listed: {', '.join(measures)}",
            )


def _condition_faults(path: Path, condition: Generate | Read | Given, kinds: dict[str, str]) -> Iterator[Fault]:
    if condition.kind == "file":
        return
    if condition.kind == "generate":
        if condition.temperature == 0 and condition.top_p < 1:
            yield (*path, "top_p"), "has no effect at temperature = 0, which is greedy; leave top_p out"
        return
    generated = [name for name, kind in kinds.items() if kind == "generate"]
    if condition.text == "repeat" and condition.of is not None:
        yield (*path, "of"), 'has no effect with text = "repeat", which says the prompt over and over; leave it out'
    elif condition.text != "repeat" and condition.of is None:
        yield path, f"needs the key of: the condition whose text is read. One of: {', '.join(generated)}"
    elif condition.text != "repeat" and condition.of not in generated:
        problem = "is read, not generated" if condition.of in kinds else "is not a condition of this recipe"
        suggestion = did_you_mean(condition.of, generated)
        yield (*path, "of"), f"{problem}{suggestion} Allowed: {', '.join(generated) or 'none, no condition generates'}"


def _side_faults(path: Path, item: Contrast | Claim, kinds: dict[str, str]) -> Iterator[Fault]:
    for side in ("a", "b"):
        conditions = getattr(item, side).conditions
        for place, name in enumerate(conditions):
            key = (*path, side, "conditions", place)
            if name not in kinds:
                yield (
                    key,
                    f"is not a condition of this recipe{did_you_mean(name, [*kinds])} There are: {', '.join(kinds)}",
                )
            elif name in conditions[:place]:
                yield key, "is listed twice"
    named = [name for name in (*item.a.conditions, *item.b.conditions) if name in kinds]
    ways = {name: "generate" if kinds[name] == "generate" else "read" for name in named}  # a file's texts are read
    if len(set(ways.values())) > 1:
        sorts = "; ".join(
            f"{way}: {', '.join(name for name, of_name in ways.items() if of_name == way)}"
            for way in ("generate", "read")
        )
        yield (
            path,
            f"mixes generated and read conditions ({sorts}). The two ways are never mixed within one contrast, "
            "because in bfloat16 their states differ by 4-6 %; add a read condition with "
            'text = "same", of = the generated one, and contrast that',
        )
    shared = [name for name in item.a.conditions if name in item.b.conditions]
    a, b = item.a.labels, item.b.labels
    if shared and (not a or not b or set(a) & set(b)):
        yield (
            path,
            f"has {shared[0]!r} on both sides, where one sample would stand against itself; give each side a label "
            "of its own",
        )
