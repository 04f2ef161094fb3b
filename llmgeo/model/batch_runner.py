"""One batch of token ids through a model: padded, captured, cut into trajectories again.

Knows padding, forward passes and stores. Does not know prompts, budgets or how long a batch may be:
``language_model`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.model.batch import Batch, HeadInputs, Place
from llmgeo.model.capture.hooks import Capture
from llmgeo.model.capture.keeping import EVERYTHING, Keeping
from llmgeo.model.capture.store import Extent, Store
from llmgeo.model.decoding import Decoding, Sampler, Steering, surprisal_and_entropy
from llmgeo.model.forward_pass import ModelCaller, logits_in
from llmgeo.model.generation import continue_rows
from llmgeo.model.passes import Turn, turn_of
from llmgeo.model.placement import input_device
from llmgeo.model.tokenization import Tokenization
from llmgeo.model.verify.verification import Verified
from llmgeo.trajectory import GENERATED, READ, Trajectory

Head = Callable[[torch.Tensor], torch.Tensor] | None
"""A model's output head, from ``[n, D]`` to logits; None where the logits themselves were computed."""

POSITIONS_AT_ONCE = 128
"""Positions whose logits are computed at once when a text is read."""


class BatchRunner:
    """Runs batches of token ids through a verified model; within ``passes.one_pass``, which its caller sees to.

    Args:
        model: the transformers model.
        blocks: its decoder blocks that run on text.
        verified: what was established about them when it was loaded.
        end_tokens: the tokens that end a text.
        texts: from token ids to the texts of trajectories.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        blocks: Sequence[nn.Module],
        verified: Verified,
        end_tokens: tuple[int, ...],
        texts: Tokenization,
    ):
        self.hf = model
        self.blocks = blocks
        self.verified = verified
        self.end_tokens = end_tokens
        self.texts = texts

    def generate_batch(
        self,
        encoded: Sequence[tuple[int, ...]],
        decodings: Sequence[Decoding],
        seeds: Sequence[int],
        on_token: Callable[[int], None] | None,
        keeping: Keeping = EVERYTHING,
        steering: Sequence[Steering | None] | None = None,
    ) -> Batch:
        """Continue every row; ``on_token`` is called with the number of tokens that each step writes."""
        if len(encoded) > 1 and not self.verified.padding:
            rows = zip(encoded, decodings, seeds, steering or [None] * len(encoded), strict=True)
            return Batch.joined(
                [
                    self.generate_batch([ids], [decoding], [seed], on_token, keeping, [steer])
                    for ids, decoding, seed, steer in rows
                ]
            )
        ids, mask = self.pad(encoded, left=True)
        limits = [decoding.max_new_tokens for decoding in decodings]
        length = ids.shape[1]
        sampler = Sampler(decodings, seeds, steering, [length - len(prompt) for prompt in encoded])
        store = self._store(len(encoded), keeping.of_text(length, length + max(limits)), keeping)
        generated = continue_rows(
            self.caller, self.blocks, ids, mask, limits, sampler, store, self.verified.layout,
            end_tokens=self.end_tokens, pad_token=self.pad_token, on_token=on_token,
        )  # fmt: skip
        texts = [
            self._generated(prompt, generated[row, : limits[row]], sampler.surprisal[row], sampler.entropy[row], seed)
            for row, (prompt, seed) in enumerate(zip(encoded, seeds, strict=True))
        ]
        return Batch(texts, [Place(store, row, length - len(prompt)) for row, prompt in enumerate(encoded)], keeping)

    def _generated(
        self,
        prompt: tuple[int, ...],
        generated: torch.Tensor,
        surprisal: torch.Tensor,
        entropy: torch.Tensor,
        seed: int,
    ) -> Trajectory:
        """Cut a row of a batch to its own tokens: no padding before it, nothing after its end token."""
        ends = torch.isin(generated, torch.tensor(self.end_tokens, dtype=torch.long)).nonzero().flatten()
        stopped = len(ends) > 0
        new = generated[: int(ends[0]) + 1] if stopped else generated
        undefined = torch.full((len(prompt),), torch.nan, dtype=torch.float32)
        return self._text(
            (*prompt, *new.tolist()),
            torch.cat([undefined, surprisal[: len(new)]]),
            torch.cat([undefined, entropy[: len(new)]]),
            prompt_length=len(prompt),
            finish_reason="stop" if stopped else "length",
            path=GENERATED,
            seed=seed,
        )

    def read_batch(
        self,
        encoded: Sequence[tuple[int, ...]],
        prompt_lengths: Sequence[int],
        keeping: Keeping = EVERYTHING,
        with_logits: bool = False,
    ) -> Batch:
        """Read every row; ``with_logits``, keep what the logits of its kept tokens are computed from."""
        if len(encoded) > 1 and not self.verified.padding:
            rows = zip(encoded, prompt_lengths, strict=True)
            return Batch.joined([self.read_batch([ids], [length], keeping, with_logits) for ids, length in rows])
        # Padding on the right: a causal model cannot see it, and every token keeps the position it has alone.
        ids, mask = self.pad(encoded, left=False)
        kept = [keeping.of_text(length, len(tokens)) for tokens, length in zip(encoded, prompt_lengths, strict=True)]
        positions = slice(min(span.start for span in kept), max(span.stop for span in kept))
        store = self._store(len(encoded), positions, keeping)
        with Capture(self.blocks, store, self.verified.layout):
            if self.verified.head_apart:
                head, outputs = self.hf.get_output_embeddings(), self.caller.head_inputs(ids, mask)
            else:
                head, outputs = None, logits_in(self.caller.read(ids, mask))
        head_inputs = _keep_outputs(outputs, head, positions, keeping, turn_of(self.hf)) if with_logits else None
        texts = []
        for row, tokens in enumerate(encoded):
            surprisal, entropy = _next_token_statistics(outputs[row], head, ids[row, : len(tokens)])
            about = {"prompt_length": prompt_lengths[row], "finish_reason": "read", "path": READ}
            texts.append(self._text(tokens, surprisal, entropy, **about))
        return Batch(texts, [Place(store, row, 0, head_inputs) for row in range(len(encoded))], keeping)

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
    def caller(self) -> ModelCaller:
        """The model, with the arguments that its family takes."""
        return ModelCaller(self.hf, self.verified.first_position, self.verified.cache)

    def _store(self, rows: int, positions: slice, keeping: Keeping) -> Store:
        width, dtype = self.verified.width, self.verified.dtype
        extent = Extent(rows, keeping.layers_of(len(self.blocks)), positions.start, positions.stop, width, dtype)
        return keeping.new_store(extent, self.verified.device)

    def _text(
        self, ids: tuple[int, ...], surprisal: torch.Tensor, entropy: torch.Tensor, prompt_length: int, **about: Any
    ) -> Trajectory:
        """A trajectory whose states are not there yet."""
        text = self.texts.decode(ids)
        return Trajectory(
            states=torch.empty(len(self.blocks) + 1, len(ids), 0, dtype=self.verified.dtype),
            token_ids=ids,
            tokens=self.texts.strings(ids, text),
            text=text,
            continuation=self.texts.decode(ids[prompt_length:]),
            prompt_length=prompt_length,
            surprisal=surprisal,
            entropy=entropy,
            **about,
        )


def _keep_outputs(outputs: torch.Tensor, head: Head, positions: slice, keeping: Keeping, turn: Turn) -> HeadInputs:
    """Keep of ``[B, T, D or V]`` the positions of the kept tokens, and the one before, which predicts the first."""
    rows, _, width = outputs.shape
    extent = Extent(rows, (0,), max(positions.start - 1, 0), positions.stop, width, outputs.dtype)
    store = keeping.new_store(extent, outputs.device)
    store.write(0, 0, outputs)
    return HeadInputs(store, head, outputs.device, turn)


def _next_token_statistics(outputs: torch.Tensor, head: Head, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Surprisal and entropy ``[T]`` of a read text; nan at its first token, which nothing predicts.

    Args:
        outputs: ``[T or more, D]`` what the head is given, or the logits where there is no head.
    """
    surprisal, entropy = (torch.full((len(ids),), torch.nan, dtype=torch.float32) for _ in range(2))
    for start in range(0, len(ids) - 1, POSITIONS_AT_ONCE):
        stop = min(start + POSITIONS_AT_ONCE, len(ids) - 1)
        logits = outputs[start:stop] if head is None else head(outputs[start:stop])
        part = surprisal_and_entropy(logits.float(), ids[start + 1 : stop + 1])
        surprisal[start + 1 : stop + 1], entropy[start + 1 : stop + 1] = (values.cpu() for values in part)
    return surprisal, entropy
