"""One text, token by token, while the model writes it: each with its states, as soon as they are computed.

Knows forward passes, a sampler and hooks. Each step is a pass of its own, and between two steps nothing of llmgeo's is
in the model: whoever looks on may stop at any step, or use the model for something else. Does not know prompts or
budgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from llmgeo.errors import NonFiniteStatesError
from llmgeo.messages import shown
from llmgeo.model.batch_runner import BatchRunner
from llmgeo.model.capture.hooks import Capture
from llmgeo.model.capture.store import Extent, Store
from llmgeo.model.decoding import Decoding, Sampler, Steering
from llmgeo.model.forward_pass import ModelCaller
from llmgeo.model.token_strings import BROKEN, LONGEST_CHARACTER

LOOK_BACK = 4 * LONGEST_CHARACTER
"""Tokens before its own that a token's text is read with: enough for any character, and for the space before a word."""


@dataclass(frozen=True, eq=False)
class Step:
    """One token that the model wrote.

    Attributes:
        token_id: its id.
        token: what it adds to the text. A character that several tokens spell is the last one's, and the others are
            empty, so that joined they are the text. Without a tokenizer, the id.
        position: its place in the text, prompt included.
        states: ``[layers kept, D]``, computed when this token was the input: a tensor of its own.
        surprisal: nats, ``-log p(token | tokens before)`` from the raw logits.
        entropy: nats, of the distribution that it was drawn from.
        finish_reason: of the last step: ``"stop"`` (the model ended the text) or ``"length"``; None before.
    """

    token_id: int
    token: str
    position: int
    states: torch.Tensor
    surprisal: float
    entropy: float
    finish_reason: str | None = None

    def __repr__(self) -> str:
        end = f", {self.finish_reason}" if self.finish_reason else ""
        return (
            f"Step({self.position}: {shown(self.token)}, states {list(self.states.shape)}, surprisal "
            f"{self.surprisal:.3g}, entropy {self.entropy:.3g}{end})"
        )


class Newest(Store):
    """The states ``[layers kept, D]`` of the newest position alone, of one row."""

    def __init__(self, layers: tuple[int, ...], width: int, dtype: torch.dtype, tokens: int):
        super().__init__(Extent(rows=1, layers=layers, start=0, stop=tokens, width=width, dtype=dtype))
        self.states = torch.empty(len(layers), width, dtype=dtype)

    def taken(self) -> torch.Tensor:
        """The states, for good."""
        states, self.states = self.states, torch.empty_like(self.states)
        return states

    def close(self) -> None:
        self.states = self.states.new_empty(0)

    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        self.states[place].copy_(states[0, -1])

    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        return self.states[:, None]


def stream_tokens(
    runner: BatchRunner,
    prompt: tuple[int, ...],
    decoding: Decoding,
    seed: int,
    layers: tuple[int, ...],
    running: Callable[[str], AbstractContextManager[None]],
    steering: Steering | None = None,
) -> Iterator[Step]:
    """The tokens that continue a prompt, one at a time: those of a generation with the same seed.

    Args:
        layers: the layers whose states are kept, ascending.
        running: within it, given the name of the method, the model is this thread's.
        steering: changes the logits that are chosen from.
    """
    writer = _Writer(runner, prompt, decoding, seed, layers, steering)
    with running("stream"):
        writer.step()  # of the prompt, which chooses the first token
    for number in range(decoding.max_new_tokens):
        with running("stream"):
            writer.step()
        step = writer.newest(is_last=number + 1 == decoding.max_new_tokens)
        yield step
        if step.finish_reason:
            return


class _Writer:
    """A text under way: its ids, its cache, and where the next token and its states come from."""

    def __init__(
        self,
        runner: BatchRunner,
        prompt: tuple[int, ...],
        decoding: Decoding,
        seed: int,
        layers: tuple[int, ...],
        steering: Steering | None = None,
    ):
        self.runner = runner
        self.caller: ModelCaller = runner.caller
        self.sampler = Sampler([decoding], [seed], None if steering is None else [steering])
        longest = len(prompt) + decoding.max_new_tokens + 1
        self.cache = self.caller.new_cache(longest)
        self.store = Newest(layers, runner.verified.width, runner.verified.dtype, longest)
        self.capture = Capture(runner.blocks, self.store, runner.verified.layout, one_by_one=True)
        self.ids, _ = runner.pad([prompt], left=True)
        self.prompt_length = len(prompt)

    def step(self) -> None:
        """One pass, which feeds what was not fed yet and chooses one more token."""
        with self.capture:
            # Families whose cache cannot be gone on with compute the whole text again.
            self.ids = self.caller.generate_tokens(
                self.ids, torch.ones_like(self.ids), 1, [self.sampler], pad_token=self.runner.pad_token,
                cache=self.cache,
            )  # fmt: skip

    def newest(self, *, is_last: bool) -> Step:
        """The token that was fed last, whose states are there."""
        position = self.ids.shape[1] - 2
        number = position - self.prompt_length
        token = int(self.ids[0, position])
        reason = "stop" if token in self.runner.end_tokens else "length" if is_last else None
        text = self._text(position, whole=reason is not None)
        states = self.store.taken()
        self._check_finite(states, position, text)
        surprisal, entropy = (float(kept[0, number]) for kept in (self.sampler.surprisal, self.sampler.entropy))
        return Step(token, text, position, states, surprisal, entropy, reason)

    def _text(self, position: int, *, whole: bool) -> str:
        """What a token adds to the text, of which the last tokens are enough to tell: bytes that are no character yet
        stand with the next token, unless the text is whole."""
        ids = self.ids[0, max(0, position - LOOK_BACK) : position + 1].tolist()
        if self.runner.texts.tokenizer is None:
            return str(ids[-1])
        before, text = self.runner.texts.decode(ids[:-1]).rstrip(BROKEN), self.runner.texts.decode(ids)
        text = text if whole else text.rstrip(BROKEN)
        return text[len(before) :] if text.startswith(before) else self.runner.texts.decode(ids[-1:])

    def _check_finite(self, states: torch.Tensor, position: int, token: str) -> None:
        bad = (~torch.isfinite(states).all(dim=-1)).nonzero().flatten()
        if len(bad):
            layer = self.store.extent.layers[int(bad[0])]
            raise NonFiniteStatesError(
                f"the stream: the states are not finite at layer {layer}, token {position} ({token!r}). Nothing can be "
                "measured on them; the weights are damaged, or far too large."
            )
