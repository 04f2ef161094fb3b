"""`llmgeo compare`: two checkpoints, or a ladder of them. Checks what can be checked at once, then hands over."""

from typing import Annotated

import typer

from llmgeo.cli.experiment import check_before_loading, run_or_plan, with_settings
from llmgeo.cli.help import SPEED, WHAT
from llmgeo.cli.options import (
    BatchSizeOption,
    BlocksOption,
    DeviceMapOption,
    DeviceOption,
    DryRunOption,
    DtypeOption,
    Format,
    FormatOption,
    LayersOption,
    LimitOption,
    OpenOption,
    OutOption,
    PromptsOption,
    QuantizationOption,
    SaveStatesOption,
    SeedOption,
    SettingsOption,
    TrustRemoteCodeOption,
)
from llmgeo.errors import UsageError

ModelsArgument = Annotated[
    list[str],
    typer.Argument(metavar="BASE TUNED...", help="Two models or more: hub names, folders, .gguf files, default, toy."),
]
ComparisonOption = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="The comparison's recipe: a name (llmgeo list probes shows them) or a .toml file.",
        rich_help_panel=WHAT,
    ),
]
OneAtATimeOption = Annotated[
    bool,
    typer.Option(
        "--one-at-a-time",
        help="Hold only one model in memory at a time, and load each several times.",
        rich_help_panel=SPEED,
    ),
]


def compare(
    models: ModelsArgument,
    recipe: ComparisonOption = "rlhf",
    settings: SettingsOption = None,
    out: OutOption = None,
    limit: LimitOption = None,
    seed: SeedOption = None,
    batch_size: BatchSizeOption = None,
    prompts: PromptsOption = None,
    dtype: DtypeOption = None,
    device: DeviceOption = None,
    device_map: DeviceMapOption = None,
    quantization: QuantizationOption = None,
    blocks: BlocksOption = None,
    trust_remote_code: TrustRemoteCodeOption = False,
    save_states: SaveStatesOption = False,
    layers: LayersOption = None,
    one_at_a_time: OneAtATimeOption = False,
    dry_run: DryRunOption = False,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Compare two checkpoints of one model.

    What did the tuning do to the geometry, where, and is it more than noise? Both read the same texts: neutral ones,
    BASE's answers and TUNED's answers. More than two models make a ladder, each compared with the one before it. Each
    pair leaves a run with a page, report.html. With --out, the same command continues an interrupted run and shows a
    finished one again.

    \b
    Examples:
      llmgeo compare HuggingFaceTB/SmolLM2-135M HuggingFaceTB/SmolLM2-135M-Instruct
      llmgeo compare Qwen/Qwen2.5-0.5B Qwen/Qwen2.5-0.5B-Instruct --limit 16
      llmgeo compare default ./my-lora --dry-run
      llmgeo compare ./base ./tuned --out runs/mine --format json > mine.json
      llmgeo compare allenai/OLMo-2-0425-1B allenai/OLMo-2-0425-1B-SFT allenai/OLMo-2-0425-1B-DPO --one-at-a-time
    """
    arguments = {
        "out": out,
        "limit": limit,
        "seed": seed,
        "batch_size": batch_size,
        "prompts": prompts,
        "save_states": save_states,
        "layers": layers,
        "dtype": dtype,
        "device": device,
        "device_map": device_map,
        "quantization": quantization,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    if len(models) < 2:
        raise UsageError(
            f"compare needs two models, BASE and TUNED; got {models[0]} alone. For one model: llmgeo probe {models[0]}"
        )
    first_step = out / "1" if out is not None and len(models) > 2 else out
    recipe = with_settings(recipe, settings)
    request = check_before_loading(
        recipe, {**arguments, "out": first_step}, tuple(models[:2]), one_at_a_time=one_at_a_time
    )
    if len(models) > 2:  # a ladder is several runs
        request = None
    arguments |= {"recipe": recipe, "one_at_a_time": one_at_a_time}
    return run_or_plan(_load, tuple(models), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.experiments.compare.experiment import compare, plan

    return compare, plan
