"""`llmgeo probe`: one model, one recipe. Checks what can be checked at once, then hands over to the experiment."""

from collections.abc import Sequence
from functools import partial
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
    TextsOption,
    TrustRemoteCodeOption,
    WindowOption,
)

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan
    from llmgeo.run import Run

USUAL = "coherence"


def probe(
    model: ModelArgument = None,
    recipe: RecipeOption = USUAL,
    texts: TextsOption = None,
    window: WindowOption = None,
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

    --recipe runs another recipe; --texts reads texts of your own, and says whether geometry tells their labels apart.
    At the end it prints what the papers say, tested on this model; the layers that separate the texts best; and the
    run's folder. With --out, the same command continues an interrupted run and shows a finished one again.

    \b
    Examples:
      llmgeo probe
      llmgeo probe toy --limit 4
      llmgeo probe gpt2 --out runs/gpt2 --format json > gpt2.json
      llmgeo probe ./my-model --recipe my-recipe.toml --prompts mine.txt
      llmgeo probe gpt2 --texts answers.jsonl --window 128
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
    if texts is not None or window is not None:
        return _probe_texts(texts, window, recipe, settings or (), model, arguments, dry_run, open, format)
    recipe = with_settings(recipe, settings)
    request = check_before_loading(recipe, arguments, (model,))
    arguments |= {"recipe": recipe}
    return run_or_plan(_load, (model,), arguments, request=request, dry_run=dry_run, open=open, format=format)


def _probe_texts(
    texts: str | None,
    window: int | None,
    recipe: str,
    settings: Sequence[str],
    model: str | None,
    arguments: dict[str, object],
    dry_run: bool,
    open: bool,
    format: Format,
) -> int:
    """Runs, or plans, the recipe that is made of texts of one's own; the window takes the model's tokenizer."""
    from llmgeo.experiments.probe.recipe_of_texts import named_table

    # What is wrong with the texts is said before anything heavy is loaded.
    table, file = named_table(texts, window, None if recipe == USUAL else recipe, arguments["prompts"], settings)

    def load() -> tuple:
        from llmgeo.experiments.probe.own_texts import carry_out_texts, plan_texts

        own = (table, file, window, settings)
        return partial(carry_out_texts, own), partial(plan_texts, own)

    return run_or_plan(load, (model,), arguments, request=None, dry_run=dry_run, open=open, format=format)


def _load() -> tuple:
    from llmgeo.engine.runner import carry_out, plan

    def carry_out_probe(*subjects: str | None, **arguments: object) -> "Run":
        return carry_out(subjects, **arguments)

    def plan_probe(*subjects: str | None, **arguments: object) -> "Plan":
        return plan(subjects, **arguments)

    return carry_out_probe, plan_probe
