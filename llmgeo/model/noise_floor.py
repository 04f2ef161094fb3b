"""How far the states of the same texts move with the batch they are computed in, and between generating and reading.

Knows a model and a few prompts; not what is measured. The two ought to be zero: what is left is rounding, and no
difference between two groups of texts that is smaller tells anything. In float32 it is a millionth, in bfloat16 a few
per cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.trajectory import Trajectory

TEXTS = 4
LONGEST = 32
"""Tokens of a prompt that are taken: enough to fill a batch with texts of unequal lengths, and cheap for any model."""

NEW_TOKENS = 4


def noise_floor(model: LanguageModel, prompts: Sequence[Sequence[int]], rows: int = TEXTS) -> dict[str, Any]:
    """The first few prompts, continued greedily in one batch, read in one batch, and read one by one.

    Args:
        prompts: lists of token ids; the first ``TEXTS`` of them are taken.
        rows: texts that run together.

    Returns:
        ``texts`` and ``tokens``: how many were compared; ``batch`` and ``path``: for every layer the mean over tokens
        of the distance between the two states, as a share of the state's length: read together against alone (None
        where texts always run alone), and generated together against read alone. None where a state is
        not finite.

    Example:
        >>> import llmgeo
        >>> floor = noise_floor(llmgeo.load("toy"), [[1, 2, 3], [4, 5]])
        >>> floor["texts"], floor["tokens"], len(floor["batch"]), max(floor["batch"] + floor["path"]) < 1e-5
        (2, 13, 7, True)
    """
    room = LONGEST if model.context is None else min(LONGEST, model.context - NEW_TOKENS)
    started = [tuple(ids[:room]) for ids in prompts[:TEXTS]]
    generated = _all(model.generate_batches(started, Decoding(NEW_TOKENS, temperature=0.0), 0, rows))
    texts = [text.token_ids for text in generated]
    alone = _all(model.read_batches(texts, batch_size=1))
    together = _all(model.read_batches(texts, batch_size=rows))
    return {
        "texts": len(texts),
        "tokens": sum(map(len, texts)),
        "batch": _distances(together, alone) if model.verified.padding and rows > 1 else None,
        "path": _distances(generated, alone),
    }


def _all(batches: Iterable[Iterable[Trajectory]]) -> list[Trajectory]:
    return [trajectory for batch in batches for trajectory in batch]


def _distances(trajectories: Sequence[Trajectory], references: Sequence[Trajectory]) -> list[float | None]:
    """By layer, to two digits: the rest differs from run to run by what is measured here."""
    parts = []
    for trajectory, reference in zip(trajectories, references, strict=True):
        states, expected = trajectory.states.float(), reference.states.float()
        parts.append(
            (states - expected).norm(dim=-1) / expected.norm(dim=-1).clamp(min=torch.finfo(torch.float32).tiny)
        )
    means = torch.cat(parts, dim=1).double().mean(dim=1).tolist()
    return [float(f"{mean:.2g}") if mean == mean and mean != float("inf") else None for mean in means]
