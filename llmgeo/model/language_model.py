"""A language model as llmgeo sees it: texts in, trajectories out. ``llmgeo.model.loading`` is the way in.

Knows transformers, padding, positions and batches. Does not know measures, experiments or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.model.batch import Batch, Logits
from llmgeo.model.batch_runner import BatchRunner
from llmgeo.model.capture.blocks import find_blocks
from llmgeo.model.capture.keeping import EVERYTHING, Keeping
from llmgeo.model.context import longest_text
from llmgeo.model.decoding import Decoding, Steering, row_decodings
from llmgeo.model.grouping import groups_alike
from llmgeo.model.inputs import one_or_several, prompt_list
from llmgeo.model.passes import one_pass
from llmgeo.model.placement import spread_over
from llmgeo.model.settings import prompt_lengths_of, row_seeds, whole_number
from llmgeo.model.sources.resolve import Source
from llmgeo.model.special_tokens import end_tokens_of, remarks, vocabulary_of
from llmgeo.model.stream import Step, stream_tokens
from llmgeo.model.threads import threads_for
from llmgeo.model.tokenization import Tokenization
from llmgeo.model.verify.verification import verify
from llmgeo.model.wanted_layers import Layers, wanted_layers
from llmgeo.trajectory import Trajectory

STATE_BUDGET = 5 << 29
"""Bytes of states that a batch may hold when no batch size is asked for."""

Prompt = str | Sequence[int] | Mapping[str, Any]
"""A text, its token ids (a list, an array, a tensor), or what a tokenizer gave for it."""


class LanguageModel:
    """A verified causal LM; made by :func:`llmgeo.load`.

    Attributes:
        hf: the transformers model, untouched: a pass runs in eval mode, and leaves every part in the mode it was in.
        tokenizer: its tokenizer, or None.
        source: name, kind and revision of the weights.
        layers: number of decoder blocks L that run on text.
        width: hidden size D.
        verified: what was established about its states: how they were checked, streams, padding, cache, positions;
            ``verified.record()`` is what a manifest tells of it.
    """

    def __init__(self, source: Source, blocks: str | None = None):
        told = remarks(source.model, source.tokenizer)
        self.source = replace(source, reasons={**source.reasons, **told})
        self.hf = source.model
        self.tokenizer = source.tokenizer
        self.block_path, candidates = find_blocks(self.hf, blocks)
        with one_pass(self.hf, "load"):
            self.verified = verify(self.hf, candidates, self.block_path, named=blocks is not None)
        self.blocks = [candidates[place] for place in self.verified.ran]
        self.layers = len(self.blocks)
        self.width = self.verified.width
        self.texts = Tokenization(self.tokenizer, vocabulary_of(self.hf), self.end_tokens)
        self.runner = BatchRunner(self.hf, self.blocks, self.verified, self.end_tokens, self.texts)
        self._loaded_as = self.dtype

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
        """Where the blocks compute; several devices, joined by +, where the model is spread over them."""
        spread = spread_over(self.hf)
        return "+".join(sorted(set(spread.values()))) if spread else str(self.verified.device)

    @property
    def parameters(self) -> int:
        """How many numbers the model is made of."""
        return sum(parameter.numel() for parameter in self.hf.parameters())

    @property
    def context(self) -> int | None:
        """The longest text the model's positions reach, or None where it names no limit."""
        longest = longest_text(self.hf)
        return longest if longest is None else longest - (self.verified.first_position or 0)

    @property
    def end_tokens(self) -> tuple[int, ...]:
        """The tokens that end a text, of those that the model knows."""
        return end_tokens_of(self.hf)

    def __repr__(self) -> str:
        return f"LanguageModel({self.name}, {self.layers} blocks x {self.width}, {self.dtype}, {self.device})"

    def encode(self, prompt: Prompt, name: str = "the prompt") -> tuple[int, ...]:
        """Token ids of a text, with the special tokens the tokenizer puts before it; see :meth:`Tokenization.encode`.

        Args:
            name: of the text, for messages.

        Raises:
            UsageError: an empty prompt, a text without a tokenizer, an id outside the vocabulary; no text and no ids.
        """
        return self.texts.encode(prompt, name)

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """Token ids of a text that goes on after another: no special tokens."""
        return self.texts.encode_continuation(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids; the ids themselves where there is not a tokenizer."""
        return self.texts.decode(ids)

    def rows_within_budget(self, tokens: int) -> int:
        """How many rows of this many tokens fit into ``STATE_BUDGET`` bytes of states; at least one."""
        row_bytes = (self.layers + 1) * tokens * self.width * self.verified.dtype.itemsize
        return max(1, STATE_BUDGET // row_bytes)

    # -- generating ---------------------------------------------------------------------------------------------------

    def generate(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding | Sequence[Decoding] = Decoding(),  # noqa: B008 - frozen
        seed: int | Sequence[int] = 0,
        batch_size: int | None = None,
        *,
        layers: Layers = None,
    ) -> list[Trajectory]:
        """Continue every prompt and keep every layer's state at every token, the last one included.

        Args:
            prompts: texts, lists of token ids, or what a tokenizer gave for them, whose padding is left out.
            decoding: one for all, or one for each prompt.
            seed: a row's random numbers depend on this seed and its place in the list, not on the batch around it; or
                one seed for each prompt.
            batch_size: rows that run together; None takes as many as ``STATE_BUDGET`` bytes of states allow.
            layers: keep these alone: numbers, or a text such as ``"0,6-12"``; None keeps all. The others take no
                memory.

        Returns:
            One trajectory a prompt, in order. Padding never appears in it, nor anything after the end token. Its states
            are an ordinary tensor of its own.

        Raises:
            UsageError: an empty prompt, or one that does not fit the context with its new tokens; what is no list of
                prompts, no seed, no batch size; layers that the model does not have; a call from inside another pass
                of the same model. Calls from several threads wait for each other.
            NonFiniteStatesError: a state is NaN or infinite; layer and token are named.
        """
        keeping = Keeping(wanted_layers(layers, self.layers))
        batches = self.generate_batches(prompts, decoding, seed, batch_size, keeping=keeping)
        trajectories = [trajectory for batch in batches for trajectory in batch.hand_over()]
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
        keeping: Keeping = EVERYTHING,
        steering: Sequence[Steering | None] | None = None,
    ) -> Iterator[Batch]:
        """As :meth:`generate`, one batch at a time; states are not checked for NaN.

        Args:
            keeping: which states are kept, and where.
            steering: for each prompt, what changes the logits that its tokens are chosen from, as in :meth:`stream`.
            on_token: called with the number of tokens that each step writes, for a progress bar.
        """
        encoded = self._encoded(prompts, "generate", "prompt")
        decodings = row_decodings(decoding, len(encoded))
        seeds = row_seeds(seed, len(encoded))
        for number, (ids, settings) in enumerate(zip(encoded, decodings, strict=True)):
            self.check_fits(ids, settings.max_new_tokens, f"prompt {number}")
        longest = max((len(i) + d.max_new_tokens for i, d in zip(encoded, decodings, strict=True)), default=1)
        size = self._rows_at_once(batch_size, longest)
        for start in range(0, len(encoded), size):
            rows = slice(start, start + size)
            led = None if steering is None else steering[rows]
            with self._running("generate"):
                batch = self.runner.generate_batch(encoded[rows], decodings[rows], seeds[rows], on_token, keeping, led)
            yield batch

    def stream(
        self,
        prompt: Prompt,
        decoding: Decoding = Decoding(),  # noqa: B008 - frozen
        seed: int = 0,
        *,
        layers: Layers = None,
        steering: Steering | None = None,
    ) -> Iterator[Step]:
        """Continue a prompt, token by token, while the model writes: the tokens of ``generate([prompt], ...)``.

        Nothing is computed before it is asked for, and only the newest states are held: to stop, leave the loop. Within
        the loop the model is free for anything else. A step takes a little longer than one of ``generate``; families
        whose cache cannot be gone on with (a sliding window, a recurrent state) read the whole text at each.

        Args:
            steering: from ids ``[1, T]`` and logits ``[1, V]`` to the logits that the next token is chosen from; what a
                step tells of surprisal and entropy is of the raw ones.

        Yields:
            A :class:`~llmgeo.model.stream.Step` for each new token: ``token``, ``token_id``, ``position``, ``states``
            ``[layers kept, D]``, ``surprisal`` and ``entropy`` in nats, and of the last, its ``finish_reason``. What is
            refused is what :meth:`generate` refuses.

        Example:
            >>> import llmgeo
            >>> for step in llmgeo.load("toy").stream("Once", llmgeo.Decoding(max_new_tokens=3), layers=[0, 6]):
            ...     print(step.position, list(step.states.shape))
            4 [2, 64]
            5 [2, 64]
            6 [2, 64]
        """
        ids = self.encode(prompt)
        [settings] = row_decodings(decoding, 1)
        [row_seed] = row_seeds(seed, 1)
        self.check_fits(ids, settings.max_new_tokens)
        kept = Keeping(wanted_layers(layers, self.layers)).layers_of(self.layers)
        return stream_tokens(self.runner, ids, settings, row_seed, kept, self._running, steering)

    def check_fits(self, ids: Sequence[int], new_tokens: int, name: str = "the prompt") -> None:
        """Raise if a prompt and its new tokens are longer than the context."""
        if self.context is not None and len(ids) + new_tokens > self.context:
            more = f" and {new_tokens} are to be generated" if new_tokens else ""
            raise UsageError(
                f"{name} has {len(ids)} tokens{more}, but the context of {self.name} is {self.context}. Shorten it "
                f"({shown(self.decode(ids[:12]))} ...){' or ask for fewer new tokens' if new_tokens else ''}."
            )

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(
        self, text: Prompt | Sequence[Prompt], *, layers: Layers = None, batch_size: int | None = None
    ) -> Trajectory | list[Trajectory]:
        """The states of a given text, or of each of several, from teacher-forced forward passes.

        Args:
            text: a text, a list of token ids, or what a tokenizer gave for it; or a list of these. A list of numbers is
                one text's ids, a list of lists several texts; a table of ids with one row is one text.
            layers: keep these alone: numbers, or a text such as ``"0,6-12"``; None keeps all.
            batch_size: texts that are read together. None reads those of about one length together, as many as
                ``STATE_BUDGET`` bytes of states allow: where padding would outweigh what that saves, none.

        Returns:
            A trajectory; for a list, one for each text, in order. A text read with others has the states that it has
            alone, up to the rounding of a matrix product of another size: in float32 to about 1e-5 of a state's norm,
            in bfloat16 to some 5 %. With ``batch_size=1`` they are the same to the last bit.

        Raises:
            UsageError: an empty text, or one longer than the context; what is no text; layers that the model does not
                have; a call from inside another pass of the same model.
            NonFiniteStatesError: a state is NaN or infinite; layer and token are named.

        Example:
            >>> import llmgeo
            >>> [text.states.shape for text in llmgeo.load("toy").read(["One text.", "Another"], layers="0,3-4")]
            [torch.Size([3, 9, 64]), torch.Size([3, 7, 64])]
        """
        text, several = one_or_several(text)
        encoded = self._encoded(text, "read", "text") if several else [self.encode(text, "the text")]
        names = [f"text {number}" if several else "the text" for number in range(len(encoded))]
        for ids, name in zip(encoded, names, strict=True):
            self.check_fits(ids, 0, name)
        keeping = Keeping(wanted_layers(layers, self.layers))
        self._rows_at_once(batch_size, 1)  # refuses what is no batch size
        groups = groups_alike(list(map(len, encoded)), partial(self._rows_at_once, batch_size), batch_size is not None)
        trajectories: dict[int, Trajectory] = {}
        for places in groups:
            [batch] = self.read_batches([encoded[place] for place in places], batch_size=len(places), keeping=keeping)
            trajectories |= dict(zip(places, batch.hand_over(), strict=True))
        for number, name in enumerate(names):
            trajectories[number].check_finite(name)
        return [trajectories[number] for number in range(len(encoded))] if several else trajectories[0]

    def read_batches(
        self,
        texts: Sequence[Prompt],
        prompt_lengths: Sequence[int] | None = None,
        batch_size: int | None = None,
        on_token: Callable[[int], None] | None = None,
        keeping: Keeping = EVERYTHING,
        with_logits: bool = False,
    ) -> Iterator[Batch]:
        """As :meth:`read`, many texts, one batch at a time; states are not checked for NaN.

        Args:
            keeping: which states are kept, and where.
            prompt_lengths: how many tokens of each text count as its prompt (0 by default).
            on_token: called after each batch with the number of its tokens.
            with_logits: keep, where the states are kept, what the logits of the kept tokens are computed from, so that
                ``batch.logits(number)`` gives them.

        A text read with others gives the states and logits that it gives alone, up to the rounding of a matrix product
        of another size; in a batch of one, and in families whose rows cannot be padded, to the last bit.
        """
        encoded = self._encoded(texts, "read_batches", "text")
        for number, ids in enumerate(encoded):
            self.check_fits(ids, 0, f"text {number}")
        lengths = prompt_lengths_of(prompt_lengths, [len(ids) for ids in encoded])
        size = self._rows_at_once(batch_size, max(map(len, encoded), default=1))
        for start in range(0, len(encoded), size):
            batch = encoded[start : start + size]
            with self._running("read"):
                read = self.runner.read_batch(batch, lengths[start : start + size], keeping, with_logits)
            if on_token is not None:
                on_token(sum(map(len, batch)))
            yield read
            del read  # its states, whose room the next batch needs

    def read_with_logits(self, text: Prompt, prompt_length: int = 0) -> tuple[Trajectory, Logits]:
        """As :meth:`read`, one text, with a function from positions to logits ``[n, V]``; states are not checked.

        The function keeps the output head alive, not the model: logits of a few positions at a time, whenever wanted.
        """
        ids = self.encode(text, "the text")
        [batch] = self.read_batches([ids], [prompt_length], batch_size=1, with_logits=True)
        return batch[0], batch.logits(0)

    def _encoded(self, prompts: Sequence[Prompt], method: str, kind: str) -> list[tuple[int, ...]]:
        listed = prompt_list(prompts, method, self.texts.padding)
        return [self.encode(prompt, f"{kind} {number}") for number, prompt in enumerate(listed)]

    def _rows_at_once(self, batch_size: int | None, longest: int) -> int:
        """Rows of a batch: as asked for, or as have room."""
        if batch_size is None:
            return self.rows_within_budget(longest)
        return whole_number(batch_size, "batch_size", 1)

    @contextmanager
    def _running(self, method: str) -> Iterator[None]:
        """Within it, the model is this thread's, in the numbers that its states were verified in."""
        with one_pass(self.hf, method), threads_for(self.parameters):
            if self.dtype != self._loaded_as:
                raise UsageError(
                    f"The weights of {self.name} were {self._loaded_as} when it was loaded and are {self.dtype} now, "
                    "so that its states are no longer what was verified. Load it again: llmgeo.load(model.hf)"
                )
            yield
