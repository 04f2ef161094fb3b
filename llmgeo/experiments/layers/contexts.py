"""What is read of each text: its first tokens, those before its mark, or all of it. Knows tokenizers; runs no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from llmgeo.experiments.layers.names import NO_MARK, SAME_CONTEXT, SHUFFLED, TOO_SHORT
from llmgeo.experiments.layers.recipe import Contexts
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed


class Encoder(Protocol):
    """A model, or the outline of one."""

    def encode(self, prompt: str) -> tuple[int, ...]: ...
    def encode_continuation(self, text: str) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class Context:
    """What is read of one text.

    Attributes:
        prompt: the text. group: texts of one group are kept together wherever texts are divided.
        token_ids: what is read, with `special` tokens that the tokenizer puts before it.
        left_out: why it is in no cloud; None if it is in them.
    """

    prompt: Prompt
    group: str
    token_ids: tuple[int, ...]
    special: int
    left_out: str | None

    def state_tokens(self, state: str) -> slice:
        """The tokens whose states make its point: their mean.

        The first token of all is left out of a mean: its state is as long as hundreds of others.
        """
        length = len(self.token_ids)
        return slice(max(1, self.special), length) if state == "mean" else slice(length - 1, length)

    def shuffled(self, seed: int, last_stays: bool) -> tuple[int, ...]:
        """The same tokens in random order, special ones in their places."""
        stay = len(self.token_ids) - last_stays
        moved = np.array(self.token_ids[self.special : stay])
        order = np.random.default_rng(sample_seed(seed, self.prompt.id, SHUFFLED)).permutation(len(moved))
        return (*self.token_ids[: self.special], *moved[order].tolist(), *self.token_ids[stay:])


def contexts(prompts: Sequence[Prompt], asked: Contexts, model: Encoder) -> tuple[Context, ...]:
    """One for each text, in order.

    >>> import llmgeo
    >>> texts = [Prompt("a", "One text."), Prompt("b", "One test."), Prompt("c", "x")]
    >>> [each.left_out for each in contexts(texts, Contexts(tokens=6), llmgeo.load("toy"))]
    [None, 'same_context', 'too_short']
    """
    found: list[Context] = []
    seen: set[tuple[int, ...]] = set()
    for prompt in prompts:
        context = _context(prompt, asked, model)
        if context.left_out is None and context.token_ids in seen:
            context = Context(prompt, context.group, context.token_ids, context.special, SAME_CONTEXT)
        seen.add(context.token_ids)
        found.append(context)
    return tuple(found)


def _context(prompt: Prompt, asked: Contexts, model: Encoder) -> Context:
    text, left_out = prompt.text, None
    if asked.mark is not None:
        text, mark, _ = text.partition(asked.mark)
        left_out = None if mark else NO_MARK
    plain = model.encode_continuation(text) if text.strip() else ()
    whole = model.encode(text) if plain else ()
    special = len(whole) - len(plain) if whole[len(whole) - len(plain) :] == plain else 0
    before, own = whole[:special], whole[special:]
    if len(own) < (asked.tokens or 2):
        left_out = left_out or TOO_SHORT
    elif asked.tokens is not None:
        own = own[-asked.tokens :] if asked.mark is not None else own[: asked.tokens]
    return Context(prompt, prompt.group or prompt.id, (*before, *own), len(before), left_out)


def read_of(found: Sequence[Context]) -> tuple[Context, ...]:
    """Those that are in the clouds."""
    return tuple(context for context in found if context.left_out is None)


def left_out_of(found: Sequence[Context]) -> Mapping[str, int]:
    """How many are not, by reason."""
    return dict(Counter(context.left_out for context in found if context.left_out is not None))
