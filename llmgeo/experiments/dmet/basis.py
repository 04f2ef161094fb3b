"""The shared space: principal axes of fluent texts that the model writes on other prompts than the run's own.

Fitted on texts of the run itself, the axes would follow the texts that are measured in them. Knows prompts, decoding
and points; measures nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.experiments.dmet.recipe import DmetRecipe
from llmgeo.measures.clouds.planes import Basis, fit_basis
from llmgeo.messages import counted
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.degeneration import FLUENT, label
from llmgeo.texts.prompts import Prompt, read_prompts
from llmgeo.texts.seeds import sample_seed

WRITTEN = "basis"
"""What stands in the place of a condition in the seeds of these texts."""


def basis_prompts(recipe: DmetRecipe, used: Sequence[Prompt]) -> tuple[Prompt, ...]:
    """The prompts that the shared axes are fitted on: the last of their file, of those that the run is not about.

    Raises:
        UsageError: too few are left.
    """
    texts = {prompt.text for prompt in used}
    left = [prompt for prompt in read_prompts(recipe.basis.file, beside=recipe.path) if prompt.text not in texts]
    if len(left) < recipe.basis.prompts:
        raise UsageError(
            f"the shared basis takes {counted(recipe.basis.prompts, 'prompt')} of {recipe.basis.file} that the run is "
            f"not about, and {len(left)} are left. Use fewer prompts (--limit), or name another file in [basis]"
        )
    return tuple(left[-recipe.basis.prompts :])


def fit_bases(
    model: LanguageModel,
    recipe: DmetRecipe,
    prompts: Sequence[Prompt],
    layers: Sequence[int],
    rows: int,
    on_token: Callable[[int], None] | None = None,
) -> dict[int, Basis | None]:
    """The shared axes of each layer; None where no text is fluent, has states and moves.

    Args:
        rows: texts that are written together.
    """
    decoder = recipe.basis_decoder
    decoding = Decoding(recipe.generation.new_tokens, decoder.temperature, decoder.top_p)
    seeds = [sample_seed(recipe.seed, prompt.id, WRITTEN) for prompt in prompts]
    encoded = [model.encode(prompt.text) for prompt in prompts]
    keeping = Keeping(tuple(layers), (0, recipe.window.tokens))
    points: list[torch.Tensor] = []
    for batch in model.generate_batches(encoded, decoding, seeds, rows, on_token, keeping):
        for place, text in enumerate(batch.texts):
            window = slice(text.prompt_length, text.prompt_length + recipe.window.tokens)
            if label(text.token_ids[window], text.tokens[window]) != FLUENT:
                continue
            trajectory = batch[place]
            try:
                trajectory.check_finite("a text of the shared basis")
            except NonFiniteStatesError:
                continue  # the run's own texts will say so, each by its name
            points.append(trajectory.states.double().cpu())
        batch.close()
    if not points:
        return dict.fromkeys(layers)
    cloud = torch.cat(points, dim=1)
    return {
        layer: fit_basis(cloud[place], recipe.basis.axes) if _moves(cloud[place]) else None
        for place, layer in enumerate(layers)
    }


def _moves(points: torch.Tensor) -> bool:
    return len(points) > 1 and bool((points != points[0]).any())
