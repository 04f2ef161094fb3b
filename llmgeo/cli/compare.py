"""`llmgeo compare`: two checkpoints, or a ladder of them. Checks what can be checked at once, then hands over."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.errors import SOME_FAILED
from llmgeo.cli.experiment import announce_to, check_files, draw, quiet_libraries, write_plan
from llmgeo.cli.options import (
    BlocksOption,
    DeviceOption,
    DryRunOption,
    Dtype,
    DtypeOption,
    Format,
    FormatOption,
    LimitOption,
    OutOption,
    PromptsOption,
    RecipeOption,
    TrustRemoteCodeOption,
)
from llmgeo.cli.output import write
from llmgeo.cli.show import write_run
from llmgeo.engine.processes import started_processes

if TYPE_CHECKING:
    from llmgeo.run import Run

ModelsArgument = Annotated[
    list[str],
    typer.Argument(metavar="BASE TUNED...", help="Two models or more: hub names, folders, .gguf files, default, toy."),
]
OneAtATimeOption = Annotated[
    bool, typer.Option("--one-at-a-time", help="Hold one model in memory at a time; each is loaded several times.")
]


def compare(
    models: ModelsArgument,
    recipe: RecipeOption = "rlhf",
    out: OutOption = None,
    limit: LimitOption = None,
    prompts: PromptsOption = None,
    dtype: DtypeOption = None,
    device: DeviceOption = None,
    blocks: BlocksOption = None,
    trust_remote_code: TrustRemoteCodeOption = False,
    one_at_a_time: OneAtATimeOption = False,
    dry_run: DryRunOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Compare two checkpoints of one model.

    What did the tuning do to the geometry, where, and is it more than noise? Both read the same texts: neutral ones,
    BASE's answers and TUNED's answers. More than two models make a ladder, each compared with the one before it. Each
    pair leaves a run with a page, report.html. The same command goes on with a run that was interrupted.

    \b
    Examples:
      llmgeo compare HuggingFaceTB/SmolLM2-135M HuggingFaceTB/SmolLM2-135M-Instruct
      llmgeo compare Qwen/Qwen2.5-0.5B Qwen/Qwen2.5-0.5B-Instruct --limit 16
      llmgeo compare default ./my-lora --dry-run
      llmgeo compare ./base ./tuned --out runs/mine --format json > mine.json
      llmgeo compare allenai/OLMo-2-0425-1B allenai/OLMo-2-0425-1B-SFT allenai/OLMo-2-0425-1B-DPO --one-at-a-time
    """
    check_before_loading(models, recipe, prompts, out)
    from llmgeo.cli.progress import on_stderr
    from llmgeo.report.manifest import failed_samples

    asked = {
        "recipe": recipe,
        "out": out,
        "limit": limit,
        "prompts": prompts,
        "one_at_a_time": one_at_a_time,
        "dtype": dtype.value if isinstance(dtype, Dtype) else None,
        "device": device,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    with on_stderr(is_silent=format is Format.quiet) as progress:
        progress.phase("loading", 1, "plan" if dry_run else "pair")
        quiet_libraries()
        from llmgeo.experiments.compare.experiment import compare as experiment
        from llmgeo.experiments.compare.plan import plan

        announce_to(progress)
        if dry_run:
            planned = plan(models, **asked)
            progress.done()
        else:
            found = experiment(*models, **asked, progress=progress)
            runs = found if isinstance(found, tuple) else (found,)
            for run in runs:
                draw(run, progress)
    if dry_run:
        write_plan(planned, format)
        return 0
    if len(runs) == 1:
        write_run(runs[0], format, whole=False)
    else:
        write_ladder(runs, format)
    return SOME_FAILED if any(map(failed_samples, runs)) else 0


def write_ladder(runs: "Sequence[Run]", format: Format) -> None:
    """Writes the steps of a ladder, one under the other; as JSON, a list."""
    from rich.console import Group

    from llmgeo.experiments.compare.screen import comparison
    from llmgeo.experiments.compare.summary import summarize_comparison
    from llmgeo.report.records import as_records

    write(
        format,
        human=lambda width: Group(*(comparison(summarize_comparison(run), width, whole=False) for run in runs)),
        data=lambda: [as_records(run) for run in runs],
        path="\n".join(str(run.path) for run in runs),
    )


def check_before_loading(models: list[str], recipe: str, prompts: str | None, out: Path | None) -> None:
    """Raises what can be known to be wrong without a model."""
    from llmgeo.errors import UsageError
    from llmgeo.recipe import load_recipe

    if started_processes() > 1:
        raise UsageError(
            f"compare is one process, and {started_processes()} were started: run llmgeo compare without a launcher."
        )
    if len(models) < 2:
        raise UsageError(
            f"compare needs two models, BASE and TUNED; got {models[0]} alone. For one model: llmgeo probe {models[0]}"
        )
    check_files(load_recipe(recipe, kinds=["compare"]), prompts, out)
