"""One unit of the room: some prompts continued by every decoder, and every score of every token. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.watch.recipe import WatchRecipe
from llmgeo.experiments.watch.rules import BY_IDS, CUSUM, DIMENSION, SURE, cusum, sure
from llmgeo.measures.distributions.correlation import GROUPS, MINIMUM_TOKENS, correlation_dimension
from llmgeo.measures.status import OK
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.alarm import STATES
from llmgeo.monitor.monitor import Monitor
from llmgeo.recipe.shared import Decoder
from llmgeo.texts.facts import text_facts
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.repetition import said_thrice
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory

EVERY = 32
"""Tokens between two readings of the correlation dimension."""


def measure_unit(
    prompts: Sequence[Prompt],
    model: LanguageModel,
    recipe: WatchRecipe,
    monitor: Monitor,
    rows: int,
    progress: Progress,
    clock: Clock,
) -> Parts:
    """The unit's parts. A text whose states are not finite has no scores, and an error."""
    tasks = [(prompt, decoder) for prompt in prompts for decoder in recipe.decoders]
    samples, scores = [], []
    for start in range(0, len(tasks), rows):
        part = tasks[start : start + rows]
        texts = _written(part, model, recipe, monitor.layer, progress, clock)
        progress.phase("measuring", len(part), "texts")
        for (prompt, decoder), text in zip(part, texts, strict=True):
            with clock("measuring"):
                name, error = sample_name(prompt.id, decoder.name), None
                try:
                    text.check_finite(name)
                    scores += _scores(name, text, model, monitor, recipe.watching.dimension)
                except NonFiniteStatesError as lost:
                    error = str(lost)
                samples.append(_row(name, prompt, decoder, text, recipe, error))
            progress.advance(1)
    if all(row["error"] for row in samples):
        raise NonFiniteStatesError(samples[0]["error"])
    return Parts(samples=samples, tables={"scores": _columns(scores)})


def _written(
    tasks: Sequence[tuple[Prompt, Decoder]],
    model: LanguageModel,
    recipe: WatchRecipe,
    layer: int,
    progress: Progress,
    clock: Clock,
) -> list[Trajectory]:
    tokens = recipe.generation.new_tokens
    progress.phase("generating", len(tasks) * tokens, "tokens")
    with clock("generating"):
        [batch] = model.generate_batches(
            [model.encode(prompt.text) for prompt, _ in tasks],
            [Decoding(tokens, decoder.temperature, decoder.top_p) for _, decoder in tasks],
            [sample_seed(recipe.seed, prompt.id, decoder.name) for prompt, decoder in tasks],
            len(tasks),
            progress.advance,
            Keeping((layer,)),
        )
        return batch.hand_over()


def _scores(
    name: str, text: Trajectory, model: LanguageModel, monitor: Monitor, with_dimension: bool
) -> list[tuple[str, str, np.ndarray]]:
    """Every method's score at every token after the prompt."""
    found = dict(monitor.replay(text).scores)
    found |= {rule: score(text.generated_ids) for rule, score in BY_IDS.items()}
    found[SURE] = sure(text.surprisal[text.prompt_length :].numpy())
    found[CUSUM] = cusum(found[STATES])
    if with_dimension:
        found[DIMENSION] = -_dimensions(text, model)
    return [(name, method, score) for method, score in found.items()]


def _dimensions(text: Trajectory, model: LanguageModel) -> np.ndarray:
    """``[T]`` correlation dimension of what was predicted up to each token (Du & Tanaka-Ishii, arXiv 2605.00435), read
    at every 32nd and held until the next; nan for the first hundred."""
    count, start = len(text.generated_ids), text.prompt_length
    found = np.full(count, np.nan)
    if count < MINIMUM_TOKENS:
        return found
    _, logits = model.read_with_logits(list(text.token_ids), start)
    log_probs = _added_up(logits(slice(start - 1, len(text) - 1)).float().log_softmax(-1).cpu())
    for end in range(-(-MINIMUM_TOKENS // EVERY) * EVERY, count + 1, EVERY):
        estimate = correlation_dimension(log_probs[:end])
        if str(np.asarray(estimate.status)) == OK:
            found[end - 1 : end - 1 + EVERY] = float(estimate.value)
    return found


def _added_up(log_probs: torch.Tensor) -> torch.Tensor:
    """``[T, V]`` to ``[T, 8192]``, token id modulo 8192, as the measure itself does it: once, not at every reading."""
    padded = torch.nn.functional.pad(log_probs, (0, -log_probs.shape[1] % GROUPS))
    return log_probs if log_probs.shape[1] <= GROUPS else padded.view(len(padded), -1, GROUPS).sum(1)


def _row(
    name: str, prompt: Prompt, decoder: Decoder, text: Trajectory, recipe: WatchRecipe, error: str | None
) -> dict[str, Any]:
    ids, entropy, surprisal = text.generated_ids, text.entropy.numpy(), text.surprisal.numpy()
    columns = (column[text.prompt_length :] for column in (text.tokens, entropy, surprisal))
    onset, period = said_thrice(ids) or (None, None)
    return {
        "sample": name,
        "condition": decoder.name,
        "prompt": prompt.id,
        "prompt_text": prompt.text,
        "path": text.path,
        "prompt_length": text.prompt_length,
        "token_ids": list(text.token_ids),
        "tokens": list(text.tokens),
        "text": text.continuation,
        "finish_reason": text.finish_reason,
        "seed": text.seed,
        **text_facts(ids, *columns, recipe.generation.new_tokens),
        "token_entropy": entropy,
        "token_surprisal": surprisal,
        "window_start": text.prompt_length,
        "window_stop": len(text),
        "error": error,
        "loop_period": period,
        "loop_onset": onset,
    }


def _columns(scores: Sequence[tuple[str, str, np.ndarray]]) -> dict[str, Any] | None:
    if not scores:
        return None
    lengths = [len(score) for _, _, score in scores]
    return {
        "sample": np.repeat([name for name, _, _ in scores], lengths),
        "method": np.repeat([method for _, method, _ in scores], lengths),
        "token": np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        "score": np.concatenate([score for _, _, score in scores]).astype(np.float32),
    }
