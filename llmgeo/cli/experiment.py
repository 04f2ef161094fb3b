"""What the commands that run an experiment share: checks beforehand, talk, the page and the plan. Knows no command."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from llmgeo.cli.options import Format
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from llmgeo.engine.progress import Progress
    from llmgeo.experiments.compare.recipe import ComparisonRecipe
    from llmgeo.experiments.probe.plan import Plan
    from llmgeo.experiments.probe.recipe import Recipe
    from llmgeo.run import Run


def check_files(recipe: "Recipe | ComparisonRecipe", prompts: str | None, out: Path | None) -> None:
    """Raises what is wrong with a recipe's prompts or a run's folder, before anything is loaded."""
    from llmgeo.run import check_out
    from llmgeo.run.folder import RUNS
    from llmgeo.texts.prompts import read_prompts

    if prompts is None:
        read_prompts(recipe.prompts.file, beside=recipe.path)
    else:
        read_prompts(prompts)
    check_out(RUNS / "new" if out is None else out)


def draw(run: "Run", progress: "Progress") -> None:
    """Writes the run's page. Maps of neighbours, which take minutes, are left to `llmgeo report`."""
    from llmgeo.report.page import Options, write_page

    progress.phase("drawing", 1, "page")
    write_page(run, options=Options(umap_layers=0))
    progress.done()


def announce_to(progress: "Progress") -> None:
    """Shows what the library logs as information, such as a download that takes a while, among the progress."""
    logger = logging.getLogger("llmgeo")
    logger.setLevel(logging.INFO)
    logger.handlers = [_Notes(progress)]


class _Notes(logging.Handler):
    def __init__(self, progress: "Progress") -> None:
        super().__init__(logging.INFO)
        self.progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self.progress.note(record.getMessage())


def write_plan(plan: "Plan", format: Format) -> None:
    """Writes what a run would do."""
    from llmgeo.report.plan import plan_data, plan_view

    write(
        format,
        human=lambda width: plan_view(plan),
        data=lambda: plan_data(plan),
        path="" if plan.out is None else str(plan.out),
    )


def quiet_libraries() -> None:
    """Imports transformers with its own talk and bars kept off the screen."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    logging.disable_progress_bar()
