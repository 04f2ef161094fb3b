"""The loss of fixed texts as a function of a language model's weights.

A point is asked for as steps along directions, or as a place between two models; the answer is the mean surprisal of
every text, so that whoever asks can tell the texts apart. While a point is measured no other thread runs the model, and
afterwards its weights are what they were, to the last bit. Knows models and texts; not which points are asked, or why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch.nn import functional

from llmgeo.errors import UsageError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.forward_pass import logits_in
from llmgeo.model.landscape.directions import Direction
from llmgeo.model.landscape.displacement import Displacement
from llmgeo.model.landscape.hessian import Hessian
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.passes import one_pass
from llmgeo.model.threads import threads_for

FEWEST_STATES = Keeping(layers=(0,))


class Terrain:
    """A model's loss on texts, here and beside it.

    Args:
        model: in float32, all of it in memory.
        texts: token ids; two tokens at least, as the first is predicted by nothing.
        skip: what each block's way past it is multiplied by, as it is added to what the block writes; 1 for the model
            itself.
        displacement: of this model's weights, where there is one already: a copy of them less.

    Attributes:
        displacement: of its weights.

    Raises:
        ModelError: weights that cannot be moved, see `Displacement`.
        UsageError: a text of one token.

    Example:
        >>> import llmgeo
        >>> from llmgeo.model.landscape.directions import random_direction
        >>> model = llmgeo.load("toy")
        >>> terrain = Terrain(model, [(1, 2, 3, 4)])
        >>> plain = np.nanmean(model.read([1, 2, 3, 4]).surprisal.double().numpy())
        >>> bool(terrain.losses()[0] == plain)
        True
        >>> terrain.losses((0.1, random_direction(model.hf, seed=0))).shape
        (1,)
    """

    def __init__(
        self,
        model: LanguageModel,
        texts: Sequence[Sequence[int]],
        skip: float = 1.0,
        displacement: Displacement | None = None,
    ):
        short = [number for number, text in enumerate(texts) if len(text) < 2]
        if short or not texts:
            which = f"text {short[0]} has a single token" if short else "there is no text"
            raise UsageError(f"A loss needs texts of two tokens and more; {which}. Give longer ones: --texts FILE")
        self.model, self.texts, self._skip = model, tuple(map(tuple, texts)), skip
        self.displacement = displacement or Displacement(model.hf, model.name)

    def losses(
        self, *steps: tuple[float, Direction], rows: int = 8, on_tokens: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Mean surprisal of each text ``[texts]``, in nats, where the weights are θ + Σ αᵢ dᵢ.

        Args:
            steps: each an α and a direction; none for the model where it is.
            rows: texts that are read together.
            on_tokens: called after each batch with the number of its tokens.
        """
        with self._running(), self.displacement.along(*steps) if steps else nullcontext():
            return self._read(rows, on_tokens)

    def losses_between(
        self,
        other: Mapping[str, torch.Tensor],
        share: float,
        rows: int = 8,
        on_tokens: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        """The same at (1 − x) θ + x θ', see `Displacement.between`."""
        with self._running(), self.displacement.between(other, share):
            return self._read(rows, on_tokens)

    @contextmanager
    def hessian(self, texts: int, names: Sequence[str] | None = None) -> Iterator[Hessian]:
        """The Hessian of the loss of the first so many texts, with its graph held.

        Raises:
            ModelError: the model's code has no second derivative.
        """
        with self._running():
            hessian = Hessian(self.model.hf, lambda: self._differentiable(texts), names)
            with hessian.graph():
                yield hessian

    def _differentiable(self, texts: int) -> torch.Tensor:
        """Mean over the first texts of their mean surprisal; one text at a time, so that none is padded."""
        losses = []
        for text in self.texts[:texts]:
            ids, mask = self.model.runner.pad([text], left=False)
            logits = logits_in(self.model.runner.caller.read(ids, mask))[0, :-1]
            losses.append(functional.cross_entropy(logits.float(), ids[0, 1:].to(logits.device)))
        return torch.stack(losses).mean()

    def _read(self, rows: int, on_tokens: Callable[[int], None] | None) -> np.ndarray:
        means: list[float] = []
        for start in range(0, len(self.texts), rows):
            texts = self.texts[start : start + rows]
            batch = self.model.runner.read_batch(texts, [0] * len(texts), FEWEST_STATES)
            means += [float(text.surprisal[1:].double().mean()) for text in batch]
            if on_tokens is not None:
                on_tokens(sum(map(len, texts)))
        return np.array(means)

    @contextmanager
    def _running(self) -> Iterator[None]:
        with one_pass(self.model.hf, "landscape"), threads_for(self.model.parameters), self._scaled_skip():
            yield

    @contextmanager
    def _scaled_skip(self) -> Iterator[None]:
        """Within it, a block gives s·x + f(x) where it gave x + f(x)."""
        if self._skip == 1.0:
            yield
            return
        lost = 1.0 - self._skip

        def take_away(module: torch.nn.Module, args: tuple, kwargs: dict, output: object) -> object:
            given = args[0] if args else kwargs["hidden_states"]
            hidden = hidden_of(output) - lost * given
            return hidden if isinstance(output, torch.Tensor) else (hidden, *output[1:])

        hooks = [block.register_forward_hook(take_away, with_kwargs=True) for block in self.model.blocks]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
