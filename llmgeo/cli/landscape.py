"""`llmgeo landscape`: the loss around a model's weights. Checks what can be checked at once, then hands over."""

from typing import Annotated

import typer

from llmgeo.cli.experiment import check_before_loading, quiet_libraries, run_or_plan, with_settings
from llmgeo.cli.help import WHAT
from llmgeo.cli.options import (
    BatchSizeOption,
    BlocksOption,
    DeviceOption,
    DryRunOption,
    Format,
    FormatOption,
    LimitOption,
    ModelArgument,
    OpenOption,
    OutOption,
    RevisionOption,
    SeedOption,
    SettingsOption,
    TrustRemoteCodeOption,
)

RecipeOption = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="A landscape's recipe: a name (llmgeo list probes shows them) or a .toml file.",
        rich_help_panel=WHAT,
    ),
]
PlaneOption = Annotated[
    int | None,
    typer.Option(
        "--plane",
        metavar="N",
        help="The loss on a plane of two directions, too, of N by N points.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
TowardsOption = Annotated[
    str | None,
    typer.Option(
        "--towards",
        metavar="MODEL",
        help="Another checkpoint: the loss on the straight way to it, and its own bowl. A LoRA is merged.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
PathOption = Annotated[
    str | None,
    typer.Option(
        "--path",
        metavar="CHECKPOINTS",
        help="The folder of a training that ends at MODEL: the loss on the plane of its way.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
HessianOption = Annotated[
    list[str] | None,
    typer.Option(
        "--hessian",
        metavar="PATTERN",
        help="Eigenvalues and trace of a block of weights: all, or a pattern such as '*layers.0.mlp*'. Repeatable.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]
TextsOption = Annotated[
    str | None,
    typer.Option(
        "--texts",
        "--prompts",
        metavar="FILE",
        help="Your own texts (.jsonl or .txt). Left out: the recipe's.",
        show_default=False,
        rich_help_panel=WHAT,
    ),
]


def landscape(
    model: ModelArgument = None,
    plane: PlaneOption = None,
    towards: TowardsOption = None,
    path: PathOption = None,
    hessian: HessianOption = None,
    recipe: RecipeOption = "landscape",
    settings: SettingsOption = None,
    texts: TextsOption = None,
    out: OutOption = None,
    limit: LimitOption = None,
    seed: SeedOption = None,
    batch_size: BatchSizeOption = None,
    device: DeviceOption = None,
    revision: RevisionOption = None,
    blocks: BlocksOption = None,
    trust_remote_code: TrustRemoteCodeOption = False,
    dry_run: DryRunOption = False,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Measure the loss around a model's weights.

    Along random directions, each filter as long as its own weights: slope and curvature, beside a network of the same
    kind with random weights. The weights are moved and given back to the last bit. Each point is kept once it is
    measured: with --out, the same command continues an interrupted run and shows a finished one again.

    \b
    Examples:
      llmgeo landscape toy
      llmgeo landscape gpt2 --dry-run
      llmgeo landscape default --plane 11
      llmgeo landscape ./base --towards ./tuned
      llmgeo landscape ./run/checkpoint-500 --path ./run
      llmgeo landscape default --hessian '*layers.0.self_attn.q_proj*'
    """
    quiet_libraries()
    from llmgeo.experiments.landscape.experiment import asked

    arguments = {
        "out": out,
        "limit": limit,
        "seed": seed,
        "batch_size": batch_size,
        "prompts": texts,
        "save_states": False,
        "layers": None,
        "device": device,
        "revision": revision,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    options = asked(plane, towards, path, hessian, limit)
    recipe = with_settings(recipe, settings)
    request = check_before_loading(recipe, arguments, (model,), **options)
    del arguments["save_states"], arguments["layers"]
    arguments |= {"recipe": recipe, "plane": plane, "towards": towards, "path": path, "hessian": hessian}
    return run_or_plan(_load, (model,), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.experiments.landscape.experiment import landscape, plan

    return landscape, plan
