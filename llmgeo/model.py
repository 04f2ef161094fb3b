"""A language model as llmgeo sees it: texts in, trajectories out. ``load`` is the way in.

Knows transformers, padding, positions and batches. Does not know measures, experiments or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from llmgeo.blocks import find_blocks
from llmgeo.capture import Capture
from llmgeo.decoding import Decoding, RowsEnded, Sampler, surprisal_and_entropy
from llmgeo.errors import UsageError
from llmgeo.passes import Passes, logits_in
from llmgeo.sources import Source, resolve
from llmgeo.trajectory import GENERATED, READ, Trajectory
from llmgeo.verification import verify

STATE_BUDGET = 5 << 29
"""Bytes of states that a batch may hold when no batch size is asked for."""

POSITIONS_AT_ONCE = 128
"""Positions whose logits are computed at once when a text is read."""

Prompt = str | Sequence[int]


def load(
    name: str | Path | PreTrainedModel | None = None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    dtype: str | torch.dtype | None = None,
    device: str | torch.device | None = None,
    blocks: str | None = None,
) -> LanguageModel:
    """Load a causal language model and verify that its hidden states can be captured.

    Args:
        name: a hub name, a model folder, a ``.gguf`` file, ``"toy"``, a transformers model already in memory, or None
            for the default model (SmolLM2-135M-Instruct).
        tokenizer: for a model in memory; may be left out when token ids are given instead of texts.
        revision: a branch, tag or commit of a hub model.
        dtype: ``"float32"`` (the default), ``"bfloat16"`` or ``"float16"``.
        device: ``"cpu"``, ``"cuda"``; a GPU is used when there is one.
        blocks: dotted path of the list of decoder blocks, for a model where they are not found.

    Raises:
        ModelError: the model cannot be found or read, is no causal LM, or its blocks are not its hidden states.
        UsageError: a dtype or device that does not exist.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> [trajectory] = model.generate(["Once"], decoding=llmgeo.Decoding(max_new_tokens=5))
        >>> trajectory.states.shape
        torch.Size([7, 9, 64])
    """
    return LanguageModel(resolve(name, tokenizer=tokenizer, revision=revision, dtype=dtype, device=device), blocks)


def rows_within_budget(layers: int, width: int, bytes_each: int, tokens: int) -> int:
    """How many rows of this many tokens fit into ``STATE_BUDGET`` bytes of states; at least one."""
    return max(1, STATE_BUDGET // ((layers + 1) * tokens * width * bytes_each))


class LanguageModel:
    """A verified causal LM; made by :func:`load`.

    Attributes:
        hf: the transformers model, untouched.
        tokenizer: its tokenizer, or None.
        source: name, kind and revision of the weights.
        layers: number of decoder blocks L that run on text.
        width: hidden size D.
        verified: what was established about its states: how they were checked, streams, padding, cache, positions;
            ``verified.record()`` is what a manifest tells of it.
    """

    def __init__(self, source: Source, blocks: str | None = None):
        self.source = source
        self.hf = source.model
        self.tokenizer = source.tokenizer
        self.block_path, found = find_blocks(self.hf, blocks)
        self.verified = verify(self.hf, found, self.block_path, named=blocks is not None)
        self.blocks = [found[place] for place in self.verified.ran]
        self.layers = len(self.blocks)
        self.width = self.verified.width

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def dtype(self) -> str:
        """The number format the model computes in."""
        kept = (parameter.dtype for block in self.blocks for parameter in block.parameters())
        return str(next((dtype for dtype in kept if dtype.is_floating_point), self.verified.dtype))[len("torch.") :]

    @property
    def device(self) -> str:
        return str(self.verified.device)

    @property
    def context(self) -> int | None:
        """The longest text the model's positions reach, or None where it names no limit."""
        longest = getattr(self.hf.config.get_text_config(), "max_position_embeddings", None)
        return longest if longest is None else longest - (self.verified.first_position or 0)

    @property
    def end_tokens(self) -> tuple[int, ...]:
        """The tokens that end a text."""
        for config in (self.hf.generation_config, self.hf.config.get_text_config()):
            ends = getattr(config, "eos_token_id", None)
            if ends is not None:
                return tuple(ends) if isinstance(ends, (list, tuple)) else (ends,)
        return ()

    def __repr__(self) -> str:
        return f"LanguageModel({self.name}, {self.layers} blocks x {self.width}, {self.dtype}, {self.device})"

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """Token ids of a text, with the special tokens the tokenizer adds; token ids are passed through.

        Raises:
            UsageError: an empty prompt, a text without a tokenizer, an id outside the vocabulary.
        """
        if isinstance(prompt, str):
            if self.tokenizer is None:
                raise UsageError("A text was given but no tokenizer: pass tokenizer= to llmgeo.load, or token ids.")
            ids = tuple(self.tokenizer(prompt)["input_ids"])
        else:
            ids = tuple(int(token) for token in prompt)
        if not ids:
            raise UsageError(f"The prompt {prompt!r} has no tokens; give at least one.")
        vocabulary = self.hf.get_input_embeddings().num_embeddings
        if min(ids) < 0 or max(ids) >= vocabulary:
            raise UsageError(f"Token ids go from {min(ids)} to {max(ids)}; the model knows 0 to {vocabulary - 1}.")
        return ids

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """Token ids of a text that goes on after another: no special tokens."""
        if self.tokenizer is None:
            raise UsageError("A text was given but no tokenizer: pass tokenizer= to llmgeo.load, or token ids.")
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids)) if self.tokenizer is not None else " ".join(map(str, ids))

    def rows_within_budget(self, tokens: int) -> int:
        """How many rows of this many tokens fit into ``STATE_BUDGET`` bytes of states; at least one."""
        return rows_within_budget(self.layers, self.width, self.verified.dtype.itemsize, tokens)

    # -- generating ---------------------------------------------------------------------------------------------------

    def generate(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding | Sequence[Decoding] = Decoding(),  # noqa: B008 - frozen
        seed: int | Sequence[int] = 0,
        batch_size: int | None = None,
    ) -> list[Trajectory]:
        """Continue every prompt and keep every layer's state at every token, the last one included.

        Args:
            prompts: texts or lists of token ids.
            decoding: one for all, or one for each prompt.
            seed: a row's random numbers depend on this seed and its place in the list, not on the batch around it; or
                one seed for each prompt.
            batch_size: rows that run together; None takes as many as ``STATE_BUDGET`` bytes of states allow.

        Returns:
            One trajectory a prompt, in order. Padding never appears in it, nor anything after the end token.

        Raises:
            UsageError: an empty prompt, or one that does not fit the context with its new tokens.
            NonFiniteStatesError: a state is NaN or infinite; layer and token are named.
        """
        trajectories = []
        for batch in self.generate_batches(prompts, decoding, seed, batch_size):
            trajectories += batch
        for index, trajectory in enumerate(trajectories):
            trajectory.check_finite(f"prompt {index}")
        return trajectories

    def generate_batches(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding | Sequence[Decoding],
        seed: int | Sequence[int] = 0,
        batch_size: int | None = None,
        on_token: Callable[[int], None] | None = None,
    ) -> Iterator[list[Trajectory]]:
        """As :meth:`generate`, one batch at a time; states are not checked for NaN.

        Args:
            on_token: called after each step with the number of rows, for a progress bar.
        """
        if isinstance(prompts, str):
            raise UsageError("generate takes a list of prompts; put the text in brackets: [text].")
        encoded = [self.encode(prompt) for prompt in prompts]
        decodings = [decoding] * len(encoded) if isinstance(decoding, Decoding) else list(decoding)
        seeds = _row_seeds(seed, len(encoded))
        if not len(encoded) == len(decodings) == len(seeds):
            raise UsageError(f"{len(encoded)} prompts, {len(decodings)} decodings and {len(seeds)} seeds do not match.")
        for ids, settings in zip(encoded, decodings, strict=True):
            self.check_fits(ids, settings.max_new_tokens)
        longest = max((len(i) + d.max_new_tokens for i, d in zip(encoded, decodings, strict=True)), default=1)
        size = batch_size or self.rows_within_budget(longest)
        for start in range(0, len(encoded), size):
            rows = slice(start, start + size)
            yield self._generate_batch(encoded[rows], decodings[rows], seeds[rows], on_token)

    def check_fits(self, ids: Sequence[int], new_tokens: int, name: str = "the prompt") -> None:
        """Raise if a prompt and its new tokens are longer than the context."""
        if self.context is not None and len(ids) + new_tokens > self.context:
            raise UsageError(
                f"{name} has {len(ids)} tokens and {new_tokens} are to be generated, but the context of {self.name} is "
                f"{self.context}. Shorten it ({self.decode(ids[:12])!r} ...) or ask for fewer new tokens."
            )

    @torch.inference_mode()
    def _generate_batch(
        self,
        encoded: Sequence[tuple[int, ...]],
        decodings: Sequence[Decoding],
        seeds: Sequence[int],
        on_token: Callable[[int], None] | None,
    ) -> list[Trajectory]:
        if len(encoded) > 1 and not self.verified.padding:
            rows = zip(encoded, decodings, seeds, strict=True)
            return [self._generate_batch([ids], [one], [seed], on_token)[0] for ids, one, seed in rows]
        ids, mask = self._pad(encoded, left=True)
        new_tokens = max(decoding.max_new_tokens for decoding in decodings)
        sampler = Sampler(decodings, seeds)
        with self._room(len(encoded), ids.shape[1] + new_tokens, one_by_one=True) as capture:
            output = self._passes.generate(
                ids,
                mask,
                new_tokens + 1,  # one more than asked, so that the last one asked for is fed and has its state
                [sampler] if on_token is None else [sampler, _Ticker(on_token)],
                [RowsEnded(self.end_tokens, ids.shape[1])],
                self._pad_token,
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

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, text: Prompt) -> Trajectory:
        """The states of a given text, or list of token ids, from one teacher-forced forward pass.

        Raises:
            UsageError: an empty text, or one longer than the context.
            NonFiniteStatesError: a state is NaN or infinite; layer and token are named.
        """
        [[trajectory]] = self.read_batches([text], batch_size=1)
        trajectory.check_finite("the text")
        return trajectory

    def read_batches(
        self,
        texts: Sequence[Prompt],
        prompt_lengths: Sequence[int] | None = None,
        batch_size: int | None = None,
        on_token: Callable[[int], None] | None = None,
    ) -> Iterator[list[Trajectory]]:
        """As :meth:`read`, many texts, one batch at a time; states are not checked for NaN.

        Args:
            prompt_lengths: how many tokens of each text count as its prompt (0 by default).
            on_token: called after each batch with the number of its tokens.
        """
        encoded = [self.encode(text) for text in texts]
        for ids in encoded:
            self.check_fits(ids, 0, "the text")
        lengths = list(prompt_lengths) if prompt_lengths is not None else [0] * len(encoded)
        size = batch_size or self.rows_within_budget(max(map(len, encoded), default=1))
        for start in range(0, len(encoded), size):
            batch = encoded[start : start + size]
            yield self._read_batch(batch, lengths[start : start + size])
            if on_token is not None:
                on_token(sum(map(len, batch)))

    def read_with_logits(
        self, text: Prompt, prompt_length: int = 0
    ) -> tuple[Trajectory, Callable[[slice], torch.Tensor]]:
        """As :meth:`read`, one text, with a function from positions to logits ``[n, V]``; states are not checked.

        The function keeps the output head alive, not the model: logits of a few positions at a time, whenever wanted.
        """
        ids = self.encode(text)
        self.check_fits(ids, 0, "the text")
        [trajectory], logits_of = self._read_rows([ids], [prompt_length])

        @torch.inference_mode()
        def logits(positions: slice) -> torch.Tensor:
            return logits_of((0, positions))

        return trajectory, logits

    def _read_batch(self, encoded: Sequence[tuple[int, ...]], prompt_lengths: Sequence[int]) -> list[Trajectory]:
        return self._read_rows(encoded, prompt_lengths)[0]

    @torch.inference_mode()
    def _read_rows(
        self, encoded: Sequence[tuple[int, ...]], prompt_lengths: Sequence[int]
    ) -> tuple[list[Trajectory], Callable[[tuple], torch.Tensor]]:
        # Padding on the right: a causal model cannot see it, and every token keeps the position it has alone.
        if len(encoded) > 1 and not self.verified.padding:
            return [self._read_batch([ids], [n])[0] for ids, n in zip(encoded, prompt_lengths, strict=True)]
        ids, mask = self._pad(encoded, left=False)
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

    # -- shared -------------------------------------------------------------------------------------------------------

    @property
    def _pad_token(self) -> int:
        return self.end_tokens[0] if self.end_tokens else 0

    def _pad(self, encoded: Sequence[tuple[int, ...]], *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and attention mask ``[B, longest]`` on the model's device."""
        longest = max(map(len, encoded))
        ids = torch.full((len(encoded), longest), self._pad_token, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            place = slice(longest - len(tokens), None) if left else slice(len(tokens))
            ids[row, place] = torch.tensor(tokens)
            mask[row, place] = 1
        device = self.hf.get_input_embeddings().weight.device
        return ids.to(device), mask.to(device)

    @property
    def _passes(self) -> Passes:
        return Passes(self.hf, self.verified.first_position, self.verified.cached)

    def _room(self, batch: int, tokens: int, *, one_by_one: bool = False) -> Capture:
        return Capture(
            self.blocks, batch=batch, tokens=tokens, width=self.width, dtype=self.verified.dtype,
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


def _row_seeds(seed: int | Sequence[int], rows: int) -> list[int]:
    if isinstance(seed, (int, np.integer)):
        if seed < 0:
            raise UsageError(f"seed is {seed}; it must be 0 or more.")
        return [
            int(np.random.SeedSequence([int(seed), row]).generate_state(1, np.uint64)[0] >> 1) for row in range(rows)
        ]
    return [int(one) for one in seed]


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
