"""One batch of token ids through a model: padded, captured, cut into trajectories again.

Knows padding, passes and the buffer. Does not know prompts, budgets or how long a batch may be: ``llmgeo.model`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.capture import Capture
from llmgeo.decoding import Decoding, RowsEnded, Sampler, surprisal_and_entropy
from llmgeo.passes import Passes, logits_in
from llmgeo.placement import input_device
from llmgeo.trajectory import GENERATED, READ, Trajectory
from llmgeo.verification import Verified

POSITIONS_AT_ONCE = 128
"""Positions whose logits are computed at once when a text is read."""


class Rows:
    """Runs batches of token ids through a verified model.

    Args:
        model: the transformers model.
        blocks: its decoder blocks that run on text.
        verified: what was established about them when it was loaded.
        end_tokens: the tokens that end a text.
        tokenizer: for the texts of trajectories; None gives token ids as texts.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        blocks: Sequence[nn.Module],
        verified: Verified,
        end_tokens: tuple[int, ...],
        tokenizer: Any = None,
    ):
        self.hf = model
        self.blocks = blocks
        self.verified = verified
        self.end_tokens = end_tokens
        self.tokenizer = tokenizer

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids)) if self.tokenizer is not None else " ".join(map(str, ids))

    @torch.inference_mode()
    def generate(
        self,
        encoded: Sequence[tuple[int, ...]],
        decodings: Sequence[Decoding],
        seeds: Sequence[int],
        on_token: Callable[[int], None] | None,
    ) -> list[Trajectory]:
        """Continue every row; ``on_token`` is called after each step with the number of rows."""
        if len(encoded) > 1 and not self.verified.padding:
            rows = zip(encoded, decodings, seeds, strict=True)
            return [self.generate([ids], [one], [seed], on_token)[0] for ids, one, seed in rows]
        ids, mask = self.pad(encoded, left=True)
        new_tokens = max(decoding.max_new_tokens for decoding in decodings)
        sampler = Sampler(decodings, seeds)
        with self._room(len(encoded), ids.shape[1] + new_tokens, one_by_one=True) as capture:
            output = self._passes.generate(
                ids,
                mask,
                new_tokens + 1,  # one more than asked, so that the last one asked for is fed and has its state
                [sampler] if on_token is None else [sampler, _Ticker(on_token)],
                [RowsEnded(self.end_tokens, ids.shape[1])],
                self.pad_token,
            )
        generated = output[:, ids.shape[1] :].cpu()
        surprisal = torch.stack(sampler.surprisal, dim=1).cpu()
        entropy = torch.stack(sampler.entropy, dim=1).cpu()
        return [
            self._generated(
                prompt, generated[row, : decodings[row].max_new_tokens], surprisal[row], entropy[row], seeds[row],
                capture.states[row, :, ids.shape[1] - len(prompt) :],
            )
            for row, prompt in enumerate(encoded)
        ]  # fmt: skip

    def _generated(
        self,
        prompt: tuple[int, ...],
        generated: torch.Tensor,
        surprisal: torch.Tensor,
        entropy: torch.Tensor,
        seed: int,
        states: torch.Tensor,
    ) -> Trajectory:
        """Cut a row of a batch to its own tokens: no padding before it, nothing after its end token."""
        ends = torch.isin(generated, torch.tensor(self.end_tokens, dtype=torch.long)).nonzero().flatten()
        stopped = len(ends) > 0
        new = generated[: int(ends[0]) + 1] if stopped else generated
        undefined = torch.full((len(prompt),), torch.nan)
        return self._trajectory(
            (*prompt, *new.tolist()),
            states,
            torch.cat([undefined, surprisal[: len(new)]]),
            torch.cat([undefined, entropy[: len(new)]]),
            prompt_length=len(prompt),
            finish_reason="stop" if stopped else "length",
            path=GENERATED,
            seed=seed,
        )

    @torch.inference_mode()
    def read(
        self, encoded: Sequence[tuple[int, ...]], prompt_lengths: Sequence[int]
    ) -> tuple[list[Trajectory], Callable[[tuple], torch.Tensor]]:
        """Read every row, and a function from (row, positions) to logits, a few positions at a time."""
        if len(encoded) > 1 and not self.verified.padding:
            alone = [self.read([ids], [n]) for ids, n in zip(encoded, prompt_lengths, strict=True)]
            return [trajectory for [trajectory], _ in alone], lambda where: alone[where[0]][1]((0, *where[1:]))
        # Padding on the right: a causal model cannot see it, and every token keeps the position it has alone.
        ids, mask = self.pad(encoded, left=False)
        with self._room(*ids.shape) as capture:
            if self.verified.head_apart:
                logits_of = self._head_logits(self._passes.decode(ids, mask))
            else:
                logits_of = logits_in(self._passes.read(ids, mask)).__getitem__
        trajectories = []
        for row, tokens in enumerate(encoded):
            surprisal, entropy = _next_token_statistics(logits_of, row, ids[row, : len(tokens)])
            trajectories.append(
                self._trajectory(
                    tokens, capture.states[row], surprisal, entropy,
                    prompt_length=prompt_lengths[row], finish_reason="read", path=READ,
                )
            )  # fmt: skip
        return trajectories, logits_of

    def _head_logits(self, hidden: torch.Tensor) -> Callable[[tuple], torch.Tensor]:
        head = self.hf.get_output_embeddings()
        return lambda where: head(hidden[where])

    @property
    def pad_token(self) -> int:
        return self.end_tokens[0] if self.end_tokens else 0

    def pad(self, encoded: Sequence[tuple[int, ...]], *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and attention mask ``[B, longest]`` on the model's device."""
        longest = max(map(len, encoded))
        ids = torch.full((len(encoded), longest), self.pad_token, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            place = slice(longest - len(tokens), None) if left else slice(len(tokens))
            ids[row, place] = torch.tensor(tokens)
            mask[row, place] = 1
        device = input_device(self.hf)
        return ids.to(device), mask.to(device)

    @property
    def _passes(self) -> Passes:
        return Passes(self.hf, self.verified.first_position, self.verified.cached)

    def _room(self, batch: int, tokens: int, *, one_by_one: bool = False) -> Capture:
        return Capture(
            self.blocks, batch=batch, tokens=tokens, width=self.verified.width, dtype=self.verified.dtype,
            layout=self.verified.layout, one_by_one=one_by_one,
        )  # fmt: skip

    def _trajectory(
        self,
        ids: tuple[int, ...],
        states: torch.Tensor,
        surprisal: torch.Tensor,
        entropy: torch.Tensor,
        prompt_length: int,
        **about: Any,
    ) -> Trajectory:
        return Trajectory(
            states=states[:, : len(ids)],
            token_ids=ids,
            tokens=self._token_strings(ids),
            text=self.decode(ids),
            continuation=self.decode(ids[prompt_length:]),
            prompt_length=prompt_length,
            surprisal=surprisal,
            entropy=entropy,
            **about,
        )

    def _token_strings(self, ids: tuple[int, ...]) -> tuple[str, ...]:
        if self.tokenizer is None:
            return tuple(map(str, ids))
        return tuple(self.tokenizer.batch_decode([[token] for token in ids]))


class _Ticker:
    """A logits processor that changes nothing and tells how many rows made a step."""

    def __init__(self, on_token: Callable[[int], None]):
        self.on_token = on_token

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self.on_token(len(input_ids))
        return scores


def _next_token_statistics(
    logits_of: Callable[[tuple], torch.Tensor], row: int, ids: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Surprisal and entropy ``[T]`` of a read text; nan at its first token, which nothing predicts."""
    surprisal, entropy = torch.full((2, len(ids)), torch.nan)
    for start in range(0, len(ids) - 1, POSITIONS_AT_ONCE):
        stop = min(start + POSITIONS_AT_ONCE, len(ids) - 1)
        part = surprisal_and_entropy(logits_of((row, slice(start, stop))).float(), ids[start + 1 : stop + 1])
        surprisal[start + 1 : stop + 1], entropy[start + 1 : stop + 1] = (one.cpu() for one in part)
    return surprisal, entropy
