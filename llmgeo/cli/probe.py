"""`llmgeo probe`: one model, one recipe. Checks what can be checked at once, then hands over to the experiment."""

from pathlib import Path
from typing import TYPE_CHECKING

from llmgeo.cli.errors import SOME_FAILED
from llmgeo.cli.experiment import announce_to, check_files, draw, quiet_libraries, write_plan
from llmgeo.cli.options import (
    BatchSizeOption,
    BlocksOption,
    DeviceMapOption,
    DeviceOption,
    DryRunOption,
    Dtype,
    DtypeOption,
    Format,
    FormatOption,
    LayersOption,
    LimitOption,
    ModelArgument,
    OutOption,
    PromptsOption,
    QuantizationOption,
    RecipeOption,
    RevisionOption,
    SaveStatesOption,
    SeedOption,
    TrustRemoteCodeOption,
)
from llmgeo.cli.show import write_run
from llmgeo.engine.processes import is_main_process

if TYPE_CHECKING:
    from types import ModuleType


def probe(
    model: ModelArgument = None,
    recipe: RecipeOption = "coherence",
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
    format: FormatOption = Format.human,
) -> int:
    """Measure one model: coherent against degenerate text.

    Or another recipe, with --recipe. Ends with what the papers say, asked of this model; the layers that tell the texts
    apart best; and the run's folder. The same command goes on with a run that was interrupted.

    \b
    Examples:
      llmgeo probe
      llmgeo probe toy --limit 4
      llmgeo probe gpt2 --out runs/gpt2 --format json > gpt2.json
      llmgeo probe ./my-model --recipe my-recipe.toml --prompts mine.txt
      llmgeo probe EleutherAI/pythia-410m --revision step143000 --dry-run
      accelerate launch --num_processes 4 -m llmgeo probe gpt2
    """
    speaks = is_main_process()
    if speaks:
        check_before_loading(recipe, prompts, out)
    from llmgeo.cli.progress import on_stderr
    from llmgeo.report.manifest import failed_samples

    asked = {
        "recipe": recipe,
        "out": out,
        "limit": limit,
        "seed": seed,
        "batch_size": batch_size,
        "prompts": prompts,
        "save_states": save_states,
        "layers": layers,
        "dtype": dtype.value if isinstance(dtype, Dtype) else None,
        "device": device,
        "device_map": device_map,
        "quantization": quantization,
        "revision": revision,
        "blocks": blocks,
        "trust_remote_code": trust_remote_code,
    }
    with on_stderr(is_silent=format is Format.quiet or not speaks) as progress:
        progress.phase("loading", 1, "model")
        experiment = _load_experiment()
        announce_to(progress)
        if dry_run:
            planned = experiment.plan(model, **asked, progress=progress)
        else:
            run = experiment.probe(model, **asked, progress=progress)
            if speaks:
                draw(run, progress)
    if dry_run:
        if speaks:
            write_plan(planned, format)
        return 0
    if speaks:
        write_run(run, format, whole=False)
    return SOME_FAILED if failed_samples(run) else 0


def check_before_loading(recipe: str, prompts: str | None, out: Path | None) -> None:
    """Raises what can be known to be wrong without the model: seconds, not minutes, after the command was typed."""
    from llmgeo.recipe import load_recipe

    check_files(load_recipe(recipe, kinds=["probe"]), prompts, out)


def _load_experiment() -> "ModuleType":
    """The experiment, and with it torch and transformers: seconds. Their own talk and bars are kept off the screen.

    What goes wrong in them becomes an error of llmgeo's.
    """
    quiet_libraries()
    from llmgeo.experiments.probe import experiment

    return experiment
