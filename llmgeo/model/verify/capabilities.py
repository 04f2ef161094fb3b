"""The same short texts once more, padded and generated: what a family can do, and whether its states stay the same.

Knows what the states of one plain pass were. Does not know whether those are the right ones; ``verification``
has compared them. What is not the same as alone, or as without a cache, is not used for this family.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import ModelError, NonFiniteStatesError
from llmgeo.model.capture.hooks import Capture, Layout
from llmgeo.model.capture.store import Extent, InMemory
from llmgeo.model.forward_pass import IN_PLACE, NONE, OWN, ModelCaller
from llmgeo.model.generation import continue_rows
from llmgeo.model.key_value_cache import growing_cache
from llmgeo.model.verify.finiteness import overflow

TOKENS = 7
ROWS = 5
"""Two numbers that no family has streams of, so that the axes of an output can be told apart."""

PROMPTS = (4, 4, 2, 1, 3)
"""How many tokens of each row are the prompt when the rows are generated."""

ALONE = (0, 3)
"""The rows that are generated alone where padding changes something. The second has a prompt of one token, which a
family that keeps its state between calls mistakes for one more step of the first."""

NEW_TOKENS = 3

LIMITS = (3, 1, 3, 2, 3)
"""How many new tokens of each row are fed: the row with the shortest ends first, and leaves the batch."""

EXACT = 1e-3
"""In float32, padded and generated states equal those of one pass to this relative difference at every token; what is
wrong is wrong by far more, and what is right by far less."""

ROUGH = 0.3
"""In half precision, and where activations are quantised, they differ by 4-6 % as it is, more where a router tips over:
the median token must stay below."""

FORWARD_ERRORS = (
    TypeError, ValueError, RuntimeError, KeyError, IndexError, AttributeError, NotImplementedError, AssertionError
)  # fmt: skip


@contextmanager
def explained(name: str, failure: str) -> Iterator[None]:
    """Within it, whatever a family's own code raises becomes the sentence that says why it is refused."""
    try:
        yield
    except FORWARD_ERRORS as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(f"{name} {failure} ({reason}), so it is not measured.") from error


@dataclass(frozen=True)
class CapabilityCheck:
    """The same tokens once more, padded or generated, against their states ``[ROWS, L+1, TOKENS, D]`` of one pass."""

    model: PreTrainedModel
    blocks: Sequence[nn.Module]
    layout: Layout
    ids: torch.Tensor
    states: torch.Tensor

    def find_positions(self) -> tuple[int | None, bool]:
        """From where explicit position ids count, and whether padding on the right changes nothing."""
        padding_token = getattr(self.model.config.get_text_config(), "pad_token_id", None)
        starts: list[int | None] = [None]
        if ModelCaller(self.model).takes_positions():
            starts = [0, padding_token + 1, None] if isinstance(padding_token, int) else [0, None]
        for start in starts:
            if self._reads_padded_right(start):
                return start, True
        return None, False

    def find_cache(self, first_position: int | None, reads_padded: bool, name: str) -> tuple[bool, str]:
        """Whether rows may be padded, and which cache is right."""
        growing = growing_cache(self.model, TOKENS) is not None
        caches = (IN_PLACE, OWN, NONE) if growing else (OWN, NONE)
        for cache in caches[:-1]:
            if reads_padded and self._generates_right(ModelCaller(self.model, first_position, cache), range(ROWS)):
                return True, cache
        for cache in caches:
            if all(self._generates_right(ModelCaller(self.model, first_position, cache), [row]) for row in ALONE):
                return False, cache
        with explained(name, "cannot generate"):
            pairs = self._generate_known(ModelCaller(self.model, first_position), ALONE[:1])
            difference = torch.stack([_differences(own, one_pass).max() for own, one_pass in pairs]).max().item()
        if not math.isfinite(difference):
            raise NonFiniteStatesError(overflow(name, "the states while it generates", self.states.dtype))
        raise ModelError(
            f"{name}: the states captured while it generates are not those of one pass over the same tokens (they "
            f"differ by {difference:.0%}), so it is not measured."
        )

    def _reads_padded_right(self, start: int | None) -> bool:
        lengths = torch.arange(ROWS, device=self.ids.device) % TOKENS + 2
        mask = (torch.arange(TOKENS, device=self.ids.device) < lengths.unsqueeze(1)).long()
        store = self._store(ROWS)
        try:
            with Capture(self.blocks, store, self.layout):
                ModelCaller(self.model, start).read(torch.where(mask == 1, self.ids, self.ids[0, -1]), mask)
        except (ModelError, *FORWARD_ERRORS):
            return False
        return self._close([(store.row(row, 0, int(n)), self.states[row, :, :n]) for row, n in enumerate(lengths)])

    def _generates_right(self, caller: ModelCaller, rows: Sequence[int]) -> bool:
        try:
            return self._close(self._generate_known(caller, rows))
        except (ModelError, *FORWARD_ERRORS):
            return False

    def _generate_known(self, caller: ModelCaller, rows: Sequence[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """States of each row while its own tokens are generated, rows padded on the left, beside those of one pass.

        The rows end one after another, so that those which go on without the others are tried too.
        """
        longest = max(PROMPTS[row] for row in rows)
        # Padded with an ordinary token: the padding token's embedding may be zero, which would hide what it does.
        prompts = self.ids[:1, -1:].repeat(len(rows), longest)
        mask = torch.zeros_like(prompts)
        for place, row in enumerate(rows):
            prompts[place, longest - PROMPTS[row] :] = self.ids[row, : PROMPTS[row]]
            mask[place, longest - PROMPTS[row] :] = 1
        forced = torch.stack([self.ids[row, PROMPTS[row] :][torch.arange(NEW_TOKENS)] for row in rows])
        limits = [LIMITS[row] for row in rows]
        store = self._store(len(rows))
        continue_rows(caller, self.blocks, prompts, mask, limits, _Forced(forced, longest), store, self.layout)
        pairs = []
        for place, row in enumerate(rows):
            length = PROMPTS[row] + LIMITS[row]
            start = longest - PROMPTS[row]
            pairs.append((store.row(place, start, start + length), self.states[row, :, :length]))
        return pairs

    def _store(self, rows: int) -> InMemory:
        layers = tuple(range(len(self.blocks) + 1))
        extent = Extent(rows, layers, 0, TOKENS, self.layout.width, self.states.dtype)
        return InMemory(extent, self.states.device)

    def _close(self, pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> bool:
        differences = torch.cat([_differences(own, one_pass) for own, one_pass in pairs], dim=1)
        if self.states.dtype == torch.float32 and not getattr(self.model, "is_quantized", False):
            return bool((differences < EXACT).all())
        return bool((differences.median(dim=1).values < ROUGH).all())


def _differences(own: torch.Tensor, one_pass: torch.Tensor) -> torch.Tensor:
    """Relative differences ``[L+1, T]``; a state of zeros is compared with the layer's typical size."""
    own, one_pass = own.float(), one_pass.float().to(own.device)
    size = one_pass.norm(dim=-1)
    typical = size.median(dim=-1, keepdim=True).values.clamp(min=torch.finfo(torch.float32).tiny)
    return (own - one_pass).norm(dim=-1) / torch.maximum(size, 1e-3 * typical)


class _Forced:
    """A chooser that leaves one token a row: the one that stands in a given text; then the last one again."""

    def __init__(self, tokens: torch.Tensor, prompt_length: int):
        self.tokens = tokens
        self.prompt_length = prompt_length

    def keep(self, places: torch.Tensor) -> None:
        self.tokens = self.tokens[places.to(self.tokens.device)]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        place = min(input_ids.shape[1] - self.prompt_length, self.tokens.shape[1] - 1)
        token = self.tokens[:, place].unsqueeze(1).to(scores.device)
        return torch.full_like(scores, -torch.inf).scatter_(1, token, 0.0)
