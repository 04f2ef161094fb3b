"""What a run would do, before it does it. Knows the plan's numbers, not how they were found."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from llmgeo.report import words
from llmgeo.report.screen import text
from llmgeo.statistics.decidable import fewest_prompts

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan


SHORTEST = 10.0
"""Seconds of the model's own below which they say nothing of a run's time."""


def plan_data(plan: "Plan") -> dict[str, object]:
    """The plan as JSON knows it: text, numbers, null."""
    numbers = {
        key: value if isinstance(value, int | float | dict | None) else str(value)
        for key, value in asdict(plan).items()
    }
    return numbers | {"smallest_auc": plan.smallest_auc, "smallest_difference": plan.smallest_difference}


def plan_view(plan: "Plan") -> RenderableType:
    """The plan for a person."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    if plan.details is not None:
        return _without_texts(plan, table)
    weights = {"weights": f"{words.size(plan.model_bytes)} at a time"} if plan.model_bytes else {}
    for name, value in {
        "model": plan.model,
        "recipe": plan.recipe,
        plan.resampled: f"{plan.prompts:,}",
        "texts": f"{plan.samples:,}, {plan.batch_size:,} at once",
        **(plan.more or {}),
        "work": f"{plan.tokens.ahead()}{_fewer(plan)}",
        "hidden states": f"{words.size(plan.state_bytes)} at a time",
        **weights,
        **({"kept paths": f"{words.size(plan.picture_bytes)} at most, for the page"} if plan.picture_bytes else {}),
        "time": _time(plan.seconds),
        **({"can decide": _decidable(plan)} if plan.claims else {}),
        "run": "a new folder in runs/" if plan.out is None else plan.out,
    }.items():
        table.add_row(name, text(value))
    return table


def _without_texts(plan: "Plan", table: Table) -> RenderableType:
    time = f"about {words.duration(plan.seconds)}, from what this machine does in a second"
    out = "a new folder in runs/" if plan.out is None else plan.out
    rows = {"model": plan.model, "recipe": plan.recipe, **plan.details, "time": time, "run": out}
    for name, value in rows.items():
        table.add_row(name, text(value))
    return table


def _fewer(plan: "Plan") -> str:
    return "; fewer where a text ends early" if plan.generated_tokens else ""


def _time(seconds: float) -> str:
    """How long the model computes at least; loading and measuring, which a small model spends most on, come on top."""
    if seconds < SHORTEST:
        return "most of it goes into loading and measuring, which are not estimated"
    return f"{words.duration(seconds)} or more, estimated from a matrix product on this machine"


def _decidable(plan: "Plan") -> str:
    """What size of effect so many prompts tell from chance."""
    claims = f"a lone effect among {words.count(plan.claims, 'claim')}" if plan.claims > 1 else "an effect"
    if plan.smallest_auc is None:
        fewest = fewest_prompts(plan.claims)
        return f"nothing by itself: {claims} takes {fewest} prompts or more (--limit {fewest})"
    pairs = f"{math.ceil(100 * plan.smallest_auc)} of 100 pairs separated"
    smallest = pairs if plan.smallest_auc < 1 else "sides that do not overlap at all"
    return (
        f"{claims}, four times in five, from {smallest} or a paired difference of {plan.smallest_difference:.1f} "
        "standard deviations up; more prompts decide smaller ones"
    )
