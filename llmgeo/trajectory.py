"""One text's path through a model: the value object that every measure is asked about.

Knows tensors and their layout. Does not know how a model is loaded, how the states were captured, or what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.escape import markup
from llmgeo.messages import option, pick, shown

if TYPE_CHECKING:
    import pandas as pd

GENERATED = "generate"
READ = "read"


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The hidden states of one text, prompt included, at every layer.

    Attributes:
        states: ``[L+1, T, D]``, an ordinary tensor that nothing else shares. Layer 0 is the embedding output, layer
            ``l`` the residual stream after block ``l``, before the final norm. The state at token ``t`` is the one
            computed when token ``t`` is the input.
        token_ids: the ``T`` token ids.
        tokens: what each of the ``T`` tokens adds to the text. A character that several tokens spell is the last
            one's, and the others are empty, so that joined they are the text. Without a tokenizer, the ids.
        text: the whole text, prompt included; ``continuation`` is what comes after the prompt.
        prompt_length: how many of the tokens were given; the rest was generated (0 for a text that was only read).
        surprisal: ``[T]`` nats, ``-log p(token t | tokens before)`` from the raw logits, before temperature and top-p;
            nan where undefined (the first token; the prompt of a generation, whose logits are never computed).
        entropy: ``[T]`` nats, of the distribution that token ``t`` was drawn from; nan where surprisal is.
        finish_reason: ``"length"``, ``"stop"`` (the model ended the text) or ``"read"``.
        path: ``"generate"`` (captured while generating) or ``"read"`` (one forward pass). In bfloat16 the two differ
            by 4-6 %, so a contrast never mixes them.
        seed: the seed of the row that was sampled, or None.
        first_state: the token that the first state belongs to; above 0 where only a window's states were kept.
        layer_numbers: the layers that ``states`` holds, ascending: 0 to L, or those that ``layers=`` asked for.
        first_lost: layer and token of the first state of a pass over several tokens that was not finite, kept or not.
        blocks: the number of blocks ``L`` of the model, where some layers were left out.

    Example:
        >>> import llmgeo
        >>> trajectory = llmgeo.load("toy").read("A path in seven layers.")
        >>> layers, tokens, width = trajectory.states.shape
        >>> len(trajectory.tokens) == tokens
        True
    """

    states: torch.Tensor
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]
    text: str
    continuation: str
    prompt_length: int
    surprisal: torch.Tensor
    entropy: torch.Tensor
    finish_reason: str
    path: str
    seed: int | None = None
    first_state: int = 0
    layer_numbers: tuple[int, ...] = ()
    first_lost: tuple[int, int] | None = None
    blocks: int | None = None

    def __post_init__(self):
        tokens = len(self.token_ids)
        lengths = {len(self.tokens), len(self.surprisal), len(self.entropy)}
        whole = self.first_state or self.states.shape[1] == tokens
        if lengths != {tokens} or not whole or self.first_state + self.states.shape[1] > tokens:
            raise ValueError(
                f"{self.states.shape[1]} states from token {self.first_state} on and {tokens} token ids, but lengths "
                f"{sorted(lengths)} of tokens, surprisal and entropy"
            )
        if not self.layer_numbers:
            object.__setattr__(self, "layer_numbers", tuple(range(self.states.shape[0])))
        if len(self.layer_numbers) != self.states.shape[0]:
            raise ValueError(f"states of {self.states.shape[0]} layers, but the numbers of {len(self.layer_numbers)}")

    def __len__(self) -> int:
        return len(self.token_ids)

    @property
    def layers(self) -> int:
        """The number of blocks ``L`` of the model, as ``model.layers``; ``layer_numbers`` says which were kept."""
        return self.states.shape[0] - 1 if self.blocks is None else self.blocks

    def states_at(self, layer: int) -> torch.Tensor:
        """The states ``[T, D]`` of one layer by its number, whichever others were kept. A view of ``states``.

        Raises:
            UsageError: the model has no such layer, or it was not kept.

        Example:
            >>> import llmgeo
            >>> trajectory = llmgeo.load("toy").read("abcdef", layers="0,3-4")
            >>> torch.equal(trajectory.states_at(4), trajectory.states[2])
            True
            >>> trajectory.states_at(5)
            Traceback (most recent call last):
              ...
            llmgeo.errors.UsageError: layer 5 was not kept; this trajectory has 0, 3, 4. Read or generate the text ...
        """
        if layer not in self.layer_numbers:
            kept = list(self.layer_numbers)
            pick("layer", layer, range(self.layers + 1))
            raise UsageError(
                f"layer {layer} was not kept; this trajectory has {', '.join(map(str, kept))}. Read or generate the "
                f"text again with layers={sorted([*kept, layer])}, or without layers= to keep all."
            )
        return self.states[self.layer_numbers.index(layer)]

    def states_of(self, tokens: slice) -> torch.Tensor:
        """The states ``[layers, n, D]`` of a slice of tokens, with its step; bounds left out or negative count as they
        do in a list. A view of ``states``, but where the step is negative.

        Raises:
            TypeError: no slice, or one of other things than whole numbers.
            ValueError: the states were not kept, or there are no such tokens: a slice is never cut short.

        Example:
            >>> import llmgeo
            >>> trajectory = llmgeo.load("toy").read("abcdef")
            >>> trajectory.states_of(slice(0, 4, 2)).shape, trajectory.states_of(slice(-2, None)).shape
            (torch.Size([7, 2, 64]), torch.Size([7, 2, 64]))
        """
        if not isinstance(tokens, slice) or not all(map(_is_place, (tokens.start, tokens.stop, tokens.step))):
            raise TypeError(f"states_of takes a slice of whole numbers, slice(0, 4), not {shown(tokens)}")
        for bound in (tokens.start, tokens.stop):
            if bound is not None and not -len(self) <= bound <= len(self):
                raise ValueError(f"tokens {_bounds(tokens)}: the text has {len(self)}")
        wanted = range(len(self))[tokens]
        first, last = self.first_state, self.first_state + self.states.shape[1]
        if wanted and not (first <= min(wanted) and max(wanted) < last):
            raise ValueError(f"the states of tokens {_bounds(tokens)} were not kept; those of {first} to {last} were")
        if not wanted:
            return self.states[:, :0]
        start, stop = min(wanted) - first, max(wanted) - first + 1
        states = self.states[:, start : stop : abs(wanted.step)]
        return states if wanted.step > 0 else states.flip(1)

    @property
    def generated_ids(self) -> tuple[int, ...]:
        """The token ids after the prompt."""
        return self.token_ids[self.prompt_length :]

    @property
    def usual_start(self) -> int:
        """The token that figures and summaries begin with: the first after the prompt, or the second of a text that was
        only read (the first, where three tokens would not be left). The state of a text's first token lies far outside
        in most models, an attention sink."""
        return self.prompt_length if 0 < self.prompt_length < len(self) else min(1, max(len(self) - 3, 0))

    def summary(
        self, layer: int | None = None, *, measures: Sequence[str] | None = None, start: int | None = None
    ) -> pd.DataFrame:
        """What every measure says of this text, each value beside its null.

        Args:
            layer: this one; all that were kept, if left out, which takes some seconds a layer for all measures.
            measures: their names, as ``["two_nn", "gride(n1=4)"]``; all that a recipe may list, if left out.
            start: the first token that is measured; ``usual_start``, if left out.

        Returns:
            A table with a row for each measure, or each layer and measure: ``value`` and ``null`` (the same measure on
            the same states in random order, or on a Gaussian cloud of the same covariance, drawn once with seed 0), in
            ``unit``; ``standard_error`` where the measure gives one; ``status``, ``"ok"`` or why there is no value;
            ``n_unique``, the distinct points. A measure of tokens stands there with its mean.

        Raises:
            UsageError: no such layer, or it was not kept; no such token.
            MeasureError: no such measure.

        Example:
            >>> import llmgeo
            >>> trajectory = llmgeo.load("toy").read("A path in seven layers, from the first word to the last.")
            >>> table = trajectory.summary(3, measures=["turning_angle", "two_nn"])
            >>> table.loc["turning_angle", ["value", "null"]].round().tolist()
            [117.0, 121.0]
        """
        from llmgeo.measuring import summarize

        return summarize(self, layer, measures, start)

    def without_states(self) -> Trajectory:
        """The text alone, so that a batch's states can be let go."""
        empty = self.states.new_empty((self.states.shape[0], len(self), 0))
        return replace(self, states=empty, first_state=0)

    def generated_window(self, skip: int, tokens: int) -> slice | None:
        """The slice of positions of ``tokens`` generated tokens after the first ``skip``; None if there are fewer."""
        start = self.prompt_length + skip
        stop = start + tokens
        return slice(start, stop) if stop <= len(self) else None

    def check_finite(self, where: str) -> None:
        """Raise if a state is NaN or infinite, naming the layer and the token.

        A finite sum has finite terms, so the usual answer costs one pass and no memory.
        """
        if torch.isfinite(self.states.sum(dtype=torch.float32)):
            return
        bad = ~torch.isfinite(self.states).all(dim=-1)
        if not bad.any():
            return
        if self.first_lost is not None:
            layer, token = self.first_lost
        else:
            place, token = (int(i) for i in bad.nonzero()[0])
            layer = self.layer_numbers[place]
            token += self.first_state
        advice = "the weights are damaged, or far too large"
        if self.states.dtype == torch.float16:
            advice = f"try {option('dtype', 'bfloat16')} or {option('dtype', 'float32')}"
        raise NonFiniteStatesError(
            f"{where}: the states are not finite from layer {layer}, token {token} ({self.tokens[token]!r}) on "
            f"({int(bad.sum())} of {bad.numel()} states kept, dtype {str(self.states.dtype).removeprefix('torch.')}). "
            f"Nothing can be measured on them; {advice}."
        )

    def __repr__(self) -> str:
        width = self.states.shape[-1]
        return (
            f"Trajectory({self.path}, {len(self)} tokens of which {self.prompt_length} prompt, {self._kept()} x {width}"
            f", {self.finish_reason}: {self.text[:60]!r})"
        )

    def _repr_html_(self) -> str:
        width = self.states.shape[-1]
        prompt = "".join(self.tokens[: self.prompt_length])
        if not self.text.startswith(prompt):  # ids without a tokenizer have spaces between them
            prompt = self.text.removesuffix(self.continuation)
        rest = self.text[len(prompt) :]
        return (
            f"<p><b>Trajectory</b> · {markup(self.path)} · {len(self)} tokens · {self._kept()} × {width}"
            f" · {markup(self.finish_reason)}</p><p><i>{markup(prompt)}</i>{markup(rest)}</p>"
        )

    def _kept(self) -> str:
        """How many layers the states are of, in words."""
        kept = len(self.layer_numbers)
        return f"{kept} layers" if kept == self.layers + 1 else f"{kept} of {self.layers + 1} layers"


def _is_place(bound: object) -> bool:
    """Whether it can stand in a slice; True is no number of a token."""
    return bound is None or (hasattr(bound, "__index__") and not isinstance(bound, bool))


def _bounds(tokens: slice) -> str:
    """A slice as it is written in brackets."""
    parts = [tokens.start, tokens.stop] + ([] if tokens.step is None else [tokens.step])
    return ":".join("" if part is None else str(part) for part in parts)
