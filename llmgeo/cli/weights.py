"""`llmgeo weights`: the matrices of a checkpoint. Checks what can be known beforehand, then hands over."""

from typing import Annotated

import typer

from llmgeo.cli.experiment import check_before_loading, run_or_plan, with_settings
from llmgeo.cli.help import HOW_MUCH, WHAT
from llmgeo.cli.options import (
    DryRunOption,
    Format,
    FormatOption,
    LayersOption,
    ModelArgument,
    OpenOption,
    OutOption,
    RevisionOption,
    SeedOption,
    SettingsOption,
)

WeightsOption = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help="A recipe of weights: a name (llmgeo list probes shows them) or a .toml file.",
        rich_help_panel=WHAT,
    ),
]
TensorsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tensors",
        metavar="PATTERN",
        help="Only tensors of such names: 'layers.*.mlp.*'. Can be given several times. Left out: all.",
        show_default=False,
        rich_help_panel=HOW_MUCH,
    ),
]


def weights(
    model: ModelArgument = None,
    tensors: TensorsOption = None,
    recipe: WeightsOption = "weights",
    settings: SettingsOption = None,
    out: OutOption = None,
    seed: SeedOption = None,
    revision: RevisionOption = None,
    layers: LayersOption = None,
    dry_run: DryRunOption = False,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Measure a checkpoint's matrices: rank, tail, dimension.

    Reads safetensors tensor by tensor: no model is made of them, nothing is run, and one matrix is in memory at a time.
    Of a hub model only the files are fetched that hold what --tensors names. With --out, the same command continues an
    interrupted run with the next matrix, and shows a finished one again.

    \b
    Examples:
      llmgeo weights toy
      llmgeo weights --dry-run
      llmgeo weights ./my-model --tensors 'layers.*.mlp.*'
      llmgeo weights org/name --layers 0,8,16 --out runs/matrices
    """
    from llmgeo.cli.experiment import quiet_libraries
    from llmgeo.experiments.weights.experiment import as_options

    quiet_libraries()
    arguments = {
        "out": out,
        "limit": None,
        "seed": seed,
        "batch_size": None,
        "prompts": None,
        "save_states": False,
        "layers": layers,
        "revision": revision,
    }
    recipe = with_settings(recipe, settings)
    request = check_before_loading(recipe, arguments, (model,), **as_options(tensors))
    for name in ("limit", "batch_size", "prompts", "save_states"):
        del arguments[name]
    arguments |= {"recipe": recipe, "tensors": tensors}
    return run_or_plan(_load, (model,), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.experiments.weights.experiment import plan, weights

    return weights, plan
