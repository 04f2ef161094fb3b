"""One checkpoint, measured: what it predicts at the positions, the states there, and its weights in short.

Knows a model and texts; not which unit it is, nor what is concluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.experiments.trace.recipe import TraceRecipe
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.distributions.bhattacharyya import ignorance_affinity, truth_affinity
from llmgeo.measures.status import OK, USABLE
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.weight_sketch import weight_sketch

TOKENS = 1000
"""Of the vocabulary, whose vectors are measured."""


@dataclass(frozen=True)
class Texts:
    """What is read, and where predictions are compared.

    Attributes:
        ids: of each text. text, position: [N] which text, and which token of it is predicted. truth: [N] the token.
    """

    ids: tuple[tuple[int, ...], ...]
    text: np.ndarray
    position: np.ndarray
    truth: np.ndarray

    @property
    def count(self) -> int:
        return len(self.text)


def measure_checkpoint(
    model: LanguageModel,
    row: Mapping[str, Any],
    texts: Texts,
    recipe: TraceRecipe,
    layers: tuple[int, ...] | None,
    rows: int,
    progress: Progress,
    clock: Clock,
) -> Parts:
    """Tables and arrays of one checkpoint.

    Raises:
        NonFiniteStatesError: what it predicts, or its states, are not finite.
    """
    name = row["checkpoint"]
    progress.phase("reading", sum(map(len, texts.ids)), "tokens")
    with clock("reading"):
        log_probs, states, along = _read(model, texts, recipe.geometry.token, rows, progress)
    if not bool(torch.isfinite(log_probs).all()):
        raise NonFiniteStatesError(
            f"{name} predicts NaN or infinity; the checkpoint is damaged, or its number format too narrow."
        )
    progress.phase("measuring", 1, "checkpoint")
    with clock("measuring"):
        ends = torch.stack([ignorance_affinity(log_probs), truth_affinity(log_probs, torch.as_tensor(texts.truth))])
        surprisal = -2 * ends[1].log()
        entropy = -(log_probs.double().exp() * log_probs).sum(-1)
        kept = range(model.layers + 1) if layers is None else layers
        clouds = (("states", states[list(kept)], list(kept)), ("embedding", _embedding(model)[None], [None]))
        geometry = [
            {"checkpoint": name, "cloud": cloud} | each
            for label in recipe.geometry.cloud
            for cloud, points, layers_of in clouds
            for each in _of_cloud(label, points, layers_of)
        ]
        geometry += [
            {"checkpoint": name, "cloud": "texts"} | each
            for label, values in along.items()
            for each in _along_texts(label, values[:, list(kept)], list(kept))
        ]
        sketch = weight_sketch(model.hf)
    progress.advance(1)
    about = {
        "checkpoint": name, "run": row["run"], "step": row["step"], "parameters": model.parameters,
        "loss": float(surprisal.mean()), "entropy": float(entropy.mean()),
        "accuracy": float((log_probs.argmax(-1) == torch.as_tensor(texts.truth)).double().mean()),
        "log_loss": row.get("log_loss"), "log_eval_loss": row.get("log_eval_loss"),
        **{name: row.get(name) for name in ("learning_rate", "rate_sum", "rate_squares", "tokens", "tokens_status")},
    }  # fmt: skip
    return Parts(
        tables={"checkpoints": [about], "geometry": geometry},
        arrays={
            "predictions": {name: log_probs},
            "ends": {name: ends.to(torch.float32)},
            "sketches": {name: sketch},
        },
    )


def _read(
    model: LanguageModel, texts: Texts, measures: Sequence[str], rows: int, progress: Progress
) -> tuple[torch.Tensor, torch.Tensor, dict[str, np.ndarray]]:
    """Log-probabilities ``[N, V]`` and states ``[L+1, N, D]`` at the positions; of measures along texts the means over
    tokens ``[texts, L+1]``."""
    symbols = symbols_of(model)
    log_probs, states, number = [], [], 0
    along: dict[str, list[np.ndarray]] = {label: [] for label in measures}
    for batch in model.read_batches(texts.ids, None, rows, progress.advance, with_logits=True):
        count = len(batch)
        for place in range(count):
            at = texts.position[texts.text == number + place] - 1
            if len(at):
                logits = batch.logits(place)(slice(0, int(at.max()) + 1))[at]
                log_probs.append(logits[:, :symbols].float().log_softmax(-1).cpu())
        for place, trajectory in enumerate(batch.hand_over()):
            at = texts.position[texts.text == number + place] - 1
            if len(at):
                states.append(trajectory.states[:, at].cpu())
            for label, values in along.items():
                of_tokens = np.asarray(look_up(label).compute(trajectory.states.float().cpu()), dtype=float)
                is_measured = np.isfinite(of_tokens)
                sums = np.where(is_measured, of_tokens, 0.0).sum(-1)
                values.append(sums / np.where(is_measured.any(-1), is_measured.sum(-1), np.nan))
        number += count
    return torch.cat(log_probs), torch.cat(states, 1), {label: np.stack(values) for label, values in along.items()}


def _along_texts(label: str, values: np.ndarray, layers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of `geometry`: means over texts, of means over their tokens ``[texts, layers]``."""
    rows = []
    for at, layer in enumerate(layers):
        known = values[:, at][np.isfinite(values[:, at])]
        rows.append(
            {
                "layer": layer,
                "measure": label,
                "n": len(known),
                "value": float(known.mean()) if len(known) else None,
                "standard_error": float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None,
                "status": OK if len(known) else "undefined",
            }
        )
    return rows


def symbols_of(model: LanguageModel) -> int:
    """How many tokens are compared: those that the tokenizer knows, not the rows that pad the vocabulary."""
    head = model.hf.get_output_embeddings()
    size = None if head is None else head.weight.shape[0]
    known = len(model.tokenizer) if model.tokenizer is not None else size
    if size is None and known is None:
        raise UsageError(f"{model.name} does not tell how many tokens it knows; load it with its tokenizer.")
    return min(each for each in (size, known) if each is not None)


def _embedding(model: LanguageModel) -> torch.Tensor:
    """Rows ``[at most TOKENS, D]`` of the input embedding, the same of every checkpoint."""
    rows = model.hf.get_input_embeddings().weight.detach()[: symbols_of(model)]
    chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:TOKENS].sort().values
    return rows[chosen.to(rows.device)].float().cpu()


def _of_cloud(label: str, points: torch.Tensor, layers: Sequence[int | None]) -> list[dict[str, Any]]:
    """What a measure gives of clouds ``[layers, N, D]``."""
    estimate = look_up(label).compute(points.float())
    values, errors, counts = (
        np.broadcast_to(np.asarray(each, dtype=float), (len(layers),))
        for each in (estimate.value, estimate.standard_error, estimate.n)
    )
    statuses = np.broadcast_to(np.asarray(estimate.status), (len(layers),))
    return [
        {
            "layer": layer, "measure": label, "n": int(counts[at]),
            "value": float(values[at]) if statuses[at] in USABLE and np.isfinite(values[at]) else None,
            "standard_error": float(errors[at]) if np.isfinite(errors[at]) else None,
            "status": str(statuses[at]) if np.isfinite(values[at]) or statuses[at] != OK else "undefined",
        }
        for at, layer in enumerate(layers)
    ]  # fmt: skip
