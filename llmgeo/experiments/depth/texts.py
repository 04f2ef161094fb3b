"""The texts of a unit: written by the model, then read in one pass each, so that all states come about in one way.

Knows prompts, decoding and batches; measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmgeo.engine.clock import Clock
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.experiments.depth.question import Text
from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.facts import text_facts
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Written:
    """What became of a prompt. ``text`` is None where it is too short, or its states are not finite: see ``row``."""

    text: Text | None
    row: dict[str, Any]


def written_texts(
    prompts: Sequence[Prompt],
    model: LanguageModel,
    recipe: DepthRecipe,
    rows: int,
    progress: Progress,
    clock: Clock,
) -> list[Written]:
    """Each prompt's text, in order.

    Args:
        rows: texts that run together.
    """
    decoding = Decoding(recipe.generation.new_tokens, recipe.texts.temperature, recipe.texts.top_p)
    seeds = [sample_seed(recipe.seed, prompt.id, WRITTEN) for prompt in prompts]
    encoded = [model.encode(prompt.text) for prompt in prompts]
    progress.phase("generating", len(prompts) * recipe.generation.new_tokens, "tokens")
    nothing = Keeping(layers=(0,), window=(0, 0))
    with clock("generating"):
        batches = model.generate_batches(encoded, decoding, seeds, rows, progress.advance, nothing)
        ids = [text.token_ids for batch in batches for text in batch.texts]
    lengths = [len(prompt) for prompt in encoded]
    progress.phase("reading", sum(map(len, ids)), "tokens")
    with clock("reading"):
        read = [
            replace(trajectory, states=trajectory.states.cpu())
            for batch in model.read_batches(ids, lengths, rows, progress.advance)
            for trajectory in batch.hand_over()
        ]
    return [
        _written(prompt, trajectory, seed, recipe)
        for prompt, trajectory, seed in zip(prompts, read, seeds, strict=True)
    ]


def _written(prompt: Prompt, trajectory: Trajectory, seed: int, recipe: DepthRecipe) -> Written:
    sample, error = sample_name(prompt.id, WRITTEN), None
    window = trajectory.generated_window(0, recipe.window.tokens)
    try:
        trajectory.check_finite(sample)
    except NonFiniteStatesError as raised:
        window, error = None, str(raised)
    text = Text(sample, prompt.id, trajectory, window) if window is not None else None
    return Written(text, _row(prompt, trajectory, seed, window, error, recipe.window.tokens))


def _row(
    prompt: Prompt, trajectory: Trajectory, seed: int, window: slice | None, error: str | None, wanted: int
) -> dict[str, Any]:
    measured = window or slice(trajectory.prompt_length, len(trajectory))
    entropy, surprisal = trajectory.entropy.numpy(), trajectory.surprisal.numpy()
    facts = (column[measured] for column in (trajectory.token_ids, trajectory.tokens, entropy, surprisal))
    return {
        "sample": sample_name(prompt.id, WRITTEN),
        "condition": WRITTEN,
        "prompt": prompt.id,
        "prompt_text": prompt.text,
        "path": trajectory.path,
        "prompt_length": trajectory.prompt_length,
        "token_ids": list(trajectory.token_ids),
        "tokens": list(trajectory.tokens),
        "text": trajectory.continuation,
        "finish_reason": trajectory.finish_reason,
        "seed": seed,
        **text_facts(*facts, wanted),
        "token_entropy": entropy,
        "token_surprisal": surprisal,
        "window_start": window.start if window else None,
        "window_stop": window.stop if window else None,
        "error": error,
    }
