"""What a run will do, known before any work: texts, tokens, memory, time. Knows the numbers' names; no experiment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmgeo.engine.tokens import Tokens
from llmgeo.statistics.decidable import smallest_auc, smallest_difference

if TYPE_CHECKING:
    from llmgeo.engine.request import Request
    from llmgeo.model.sources.outline import Outline


@dataclass(frozen=True)
class Plan:
    """A run that was not begun.

    Attributes:
        model, recipe: their names.
        prompts, samples: how many.
        generated_tokens, read_tokens: see `llmgeo.engine.tokens`; those of texts that end early are fewer.
        state_bytes: hidden states that wait to be measured, in a file behind a buffer.
        batch_size: rows that run together.
        seconds: of the model's own work, guessed from a matrix product on this machine.
        out: the run's folder; None for a new one under runs/.
        model_bytes: weights in memory at once, where more than one model is held.
        claims: that are asked together; `smallest_auc`, `smallest_difference` (in standard deviations): the effect that
            a lone one among them is decided with in four of five runs, None where none is.
        resampled: what the unit of resampling is called.
        more: what else is said of texts, by what it is about.
        picture_bytes: what the run keeps for its page's pictures alone, at most.
        details: of a run that reads no texts: what is said in the place of prompts, tokens and states.
    """

    model: str
    recipe: str
    prompts: int
    samples: int
    generated_tokens: int
    read_tokens: int
    state_bytes: int
    batch_size: int
    seconds: float
    out: Path | None
    model_bytes: int | None = None
    claims: int = 0
    details: Mapping[str, str] | None = None
    more: Mapping[str, str] | None = None
    resampled: str = "prompts"
    picture_bytes: int = 0

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.generated_tokens, self.read_tokens)

    @property
    def smallest_auc(self) -> float | None:
        return smallest_auc(self.prompts, max(1, self.claims))

    @property
    def smallest_difference(self) -> float | None:
        return smallest_difference(self.prompts, max(1, self.claims))


def seconds(model: Outline, tokens: int) -> float:
    """Two operations a weight and token, at this machine's rate for a matrix product; a token alone is slower."""
    import torch

    a = torch.ones(1024, 1024)
    a @ a
    start = time.perf_counter()
    for _ in range(3):
        a @ a
    rate = 3 * 2 * 1024**3 / (time.perf_counter() - start)
    return round(2 * model.parameters * tokens / rate, 1)


def plan_of_reading(request: Request, rows: int = 1) -> Plan:
    """The plan of an experiment that reads each prompt once, ``rows`` of them together."""
    from llmgeo.model.sources.outline import outline

    model = outline(request.subjects[0], revision=request.loading.get("revision"), dtype=request.loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    return Plan(
        model=model.name,
        recipe=request.recipe.name,
        prompts=len(lengths),
        samples=len(lengths),
        generated_tokens=0,
        read_tokens=sum(lengths),
        state_bytes=rows * max(lengths) * (model.layers + 1) * model.width * model.bytes_each,
        batch_size=rows,
        seconds=seconds(model, sum(lengths)),
        out=request.out,
        claims=len(getattr(request.recipe, "claims", ())),
    )
