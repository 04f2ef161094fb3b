"""`llmgeo probe`: one model, one recipe. Checks what can be checked at once, then hands over to the experiment."""

from typing import TYPE_CHECKING

from llmgeo.cli.experiment import check_before_loading, run_or_plan, with_settings
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
    ModelArgument,
    OpenOption,
    OutOption,
    PromptsOption,
    QuantizationOption,
    RecipeOption,
    RevisionOption,
    SaveStatesOption,
    SeedOption,
    SettingsOption,
    TrustRemoteCodeOption,
)

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan
    from llmgeo.run import Run


def probe(
    model: ModelArgument = None,
    recipe: RecipeOption = "coherence",
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
    revision: RevisionOption = None,
    blocks: BlocksOption = None,
    trust_remote_code: TrustRemoteCodeOption = False,
    save_states: SaveStatesOption = False,
    layers: LayersOption = None,
    dry_run: DryRunOption = False,
    open: OpenOption = False,
    format: FormatOption = Format.human,
) -> int:
    """Measure one model: coherent against degenerate text.

    --recipe runs another recipe. At the end it prints what the papers say, tested on this model; the layers that
    separate the texts best; and the run's folder. With --out, the same command continues an interrupted run and shows
    a finished one again.

    \b
    Examples:
      llmgeo probe
      llmgeo probe toy --limit 4
      llmgeo probe gpt2 --out runs/gpt2 --format json > gpt2.json
      llmgeo probe ./my-model --recipe my-recipe.toml --prompts mine.txt
      llmgeo probe EleutherAI/pythia-410m --revision step143000 --dry-run
      accelerate launch --num_processes 4 -m llmgeo probe gpt2
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
        "revision": revision,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    recipe = with_settings(recipe, settings)
    request = check_before_loading(recipe, arguments, (model,))
    arguments |= {"recipe": recipe}
    return run_or_plan(_load, (model,), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.engine.runner import carry_out, plan

    def carry_out_probe(*subjects: str | None, **arguments: object) -> "Run":
        return carry_out(subjects, **arguments)

    def plan_probe(*subjects: str | None, **arguments: object) -> "Plan":
        return plan(subjects, **arguments)

    return carry_out_probe, plan_probe
