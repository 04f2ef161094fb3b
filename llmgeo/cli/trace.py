"""`llmgeo trace`: trainings. Finds the checkpoints and checks them by their files, then hands over."""

from pathlib import Path
from typing import Annotated

import typer

from llmgeo.cli.experiment import check_before_loading, run_or_plan, with_settings
from llmgeo.cli.help import WHAT
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
    SeedOption,
    SettingsOption,
    TrustRemoteCodeOption,
    path,
)

RunsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="Folders of checkpoints, folders of such folders, or hub models; models by themselves make one run.",
    ),
]
TraceOption = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="A trace's recipe: a name (llmgeo list probes shows them) or a .toml file.",
        rich_help_panel=WHAT,
    ),
]
RevisionsOption = Annotated[
    str | None,
    typer.Option(
        "--revisions",
        metavar="PATTERN",
        help="Branches of hub models that are checkpoints: step*, or names joined by commas.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
FactorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--factor",
        metavar="NAME=V,V",
        help="How the runs differ: one value a run, in their order. Can be given several times.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
FactorsOption = Annotated[
    Path | None,
    typer.Option(
        "--factors",
        metavar="FILE",
        help="The same as a .csv file: a column run, and one for each factor.",
        show_default=False,
        parser=path,
        rich_help_panel=WHAT,
    ),
]


def trace(
    runs: RunsArgument,
    revisions: RevisionsOption = None,
    factor: FactorOption = None,
    factors: FactorsOption = None,
    recipe: TraceOption = "trace",
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
    layers: LayersOption = None,
    dry_run: DryRunOption = False,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Trace trainings: checkpoints as paths by what they predict.

    Before any weights are loaded, checkpoints that are the same byte for byte, files that two of them share, and holes
    in the series are named. One checkpoint is in memory at a time. With --out, the same command continues an
    interrupted run and shows a finished one again.

    \b
    Examples:
      llmgeo trace ./output
      llmgeo trace runs/adamw runs/sgd --factor optimizer=adamw,sgd
      llmgeo trace ./sweep --factors sweep.csv --dry-run
      llmgeo trace EleutherAI/pythia-14m --revisions 'step*'
      llmgeo trace gpt2 gpt2-medium gpt2-large
    """
    from llmgeo.cli.experiment import quiet_libraries
    from llmgeo.errors import UsageError

    if factor and factors:
        raise UsageError("--factor and --factors were both given; put all factors into the file, or leave it out.")
    quiet_libraries()
    from llmgeo.experiments.trace.experiment import asked

    given = factors if factors is not None else (factor or None)
    subjects, options = asked(runs, revisions, given)
    arguments = {
        "out": out,
        "limit": limit,
        "seed": seed,
        "batch_size": batch_size,
        "prompts": prompts,
        "save_states": False,
        "layers": layers,
        "dtype": dtype,
        "device": device,
        "device_map": device_map,
        "quantization": quantization,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    recipe = with_settings(recipe, settings)
    request = check_before_loading(recipe, arguments, subjects, **options)
    del arguments["save_states"]
    arguments |= {"recipe": recipe, "revisions": revisions, "factors": given}
    return run_or_plan(_load, tuple(runs), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.experiments.trace.experiment import plan, trace

    return trace, plan
