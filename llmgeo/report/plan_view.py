"""What a run would do, before it does it. Knows the plan's numbers, not how they were found."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from llmgeo.report import words
from llmgeo.report.screen import text

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan


def plan_data(plan: "Plan") -> dict[str, object]:
    """The plan as JSON knows it: text, numbers, null."""
    return {key: value if isinstance(value, int | float | None) else str(value) for key, value in asdict(plan).items()}


def plan_view(plan: "Plan") -> RenderableType:
    """The plan for a person."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    weights = {"weights": f"{words.size(plan.model_bytes)} at a time"} if plan.model_bytes else {}
    for name, value in {
        "model": plan.model,
        "recipe": plan.recipe,
        "prompts": f"{plan.prompts:,}",
        "texts": f"{plan.samples:,}, {plan.batch_size:,} at once",
        "to generate": words.count(plan.generated_tokens, "token"),
        "to read": words.count(plan.read_tokens, "token"),
        "hidden states": f"{words.size(plan.state_bytes)} at a time",
        **weights,
        "time": f"{words.duration(plan.seconds)} or more, guessed from a matrix product on this machine",
        "run": "a new folder in runs/" if plan.out is None else plan.out,
    }.items():
        table.add_row(name, text(value))
    return table
