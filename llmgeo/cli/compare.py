"""`llmgeo compare`: two checkpoints, or a ladder of them. Checks what can be checked at once, then hands over."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.errors import SOME_FAILED
from llmgeo.cli.options import (
    BlocksOption,
    DeviceOption,
    Dtype,
    DtypeOption,
    Format,
    FormatOption,
    LimitOption,
    OutOption,
    PromptsOption,
)
from llmgeo.cli.output import write
from llmgeo.cli.probe import announce_to, quiet_libraries
from llmgeo.cli.show import write_run
from llmgeo.experiments.share import started_processes

if TYPE_CHECKING:
    from llmgeo.run import Run

ModelsArgument = Annotated[
    list[str],
    typer.Argument(metavar="BASE TUNED...", help="Two models or more: hub names, model folders, .gguf files, toy."),
]
ComparisonOption = Annotated[
    str, typer.Option("--recipe", metavar="NAME|FILE", help="The comparison's recipe: a name or a .toml file.")
]
OneAtATimeOption = Annotated[
    bool, typer.Option("--one-at-a-time", help="Hold one model in memory at a time; each is loaded several times.")
]


def compare(
    models: ModelsArgument,
    recipe: ComparisonOption = "rlhf",
    out: OutOption = None,
    limit: LimitOption = None,
    prompts: PromptsOption = None,
    dtype: DtypeOption = None,
    device: DeviceOption = None,
    blocks: BlocksOption = None,
    one_at_a_time: OneAtATimeOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Compare two checkpoints of one model.

    What did the tuning do to the geometry, where, and is it more than noise? Both read the same texts: neutral ones,
    BASE's answers and TUNED's answers. More than two models make a ladder, each compared with the one before it. The
    same command goes on with a run that was interrupted.

    \b
    Examples:
      llmgeo compare HuggingFaceTB/SmolLM2-135M HuggingFaceTB/SmolLM2-135M-Instruct
      llmgeo compare Qwen/Qwen2.5-0.5B Qwen/Qwen2.5-0.5B-Instruct --limit 16
      llmgeo compare ./base ./tuned --out runs/mine --format json > mine.json
      llmgeo compare allenai/OLMo-2-0425-1B allenai/OLMo-2-0425-1B-SFT allenai/OLMo-2-0425-1B-DPO
    """
    check_before_loading(models, recipe, prompts, out)
    from llmgeo.cli.progress import on_stderr
    from llmgeo.report import failed_samples

    with on_stderr(is_silent=format is Format.quiet) as progress:
        progress.phase("loading", 1, "models")
        quiet_libraries()
        from llmgeo.experiments.compare import compare as experiment

        announce_to(progress)
        found = experiment(
            *models,
            recipe=recipe,
            out=out,
            limit=limit,
            prompts=prompts,
            one_at_a_time=one_at_a_time,
            progress=progress,
            dtype=dtype.value if isinstance(dtype, Dtype) else None,
            device=device,
            blocks=blocks,
        )
    runs = found if isinstance(found, tuple) else (found,)
    if len(runs) == 1:
        write_run(found, format, whole=False)
    else:
        write_ladder(runs, format)
    return SOME_FAILED if any(map(failed_samples, runs)) else 0


def write_ladder(runs: "Sequence[Run]", format: Format) -> None:
    """Writes the steps of a ladder, one under the other; as JSON, a list."""
    from rich.console import Group

    from llmgeo.report import as_records
    from llmgeo.report.comparison import summarize_comparison
    from llmgeo.report.comparison_view import comparison

    write(
        format,
        human=lambda width: Group(*(comparison(summarize_comparison(run), width, whole=False) for run in runs)),
        data=lambda: [as_records(run) for run in runs],
        path="\n".join(str(run.path) for run in runs),
    )


def check_before_loading(models: list[str], recipe: str, prompts: str | None, out: Path | None) -> None:
    """Raises what can be known to be wrong without a model."""
    from llmgeo.comparison_recipe import load_comparison
    from llmgeo.errors import UsageError
    from llmgeo.prompt_file import read_prompts
    from llmgeo.run import check_out
    from llmgeo.run.folder import RUNS

    if started_processes() > 1:
        raise UsageError(
            f"compare is one process, and {started_processes()} were started: run llmgeo compare without a launcher."
        )
    if len(models) < 2:
        raise UsageError(
            f"compare needs two models, BASE and TUNED; got {models[0]} alone. For one model: llmgeo probe {models[0]}"
        )
    checked = load_comparison(recipe)
    if prompts is None:
        read_prompts(checked.prompts.file, beside=checked.path)
    else:
        read_prompts(prompts)
    check_out(RUNS / "new" if out is None else out)
