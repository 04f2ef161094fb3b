"""Hand every block's output, as the model computes it, to a store of states.

Knows forward hooks, how a block's output is laid out, and which positions of it are new. Does not know where states are
kept, how tokens are chosen, what padding is, or what is measured. Measured on two CPU cores, the hooks cost nothing
that can be told from noise, and the store a third of the memory of keeping what transformers returns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError
from llmgeo.messages import option
from llmgeo.model.capture.store import Store

_ORDERS = ((0, 1, 2), (1, 2, 0), (0, 2, 1))
"""Where batch, positions and streams lie: [B, T, S, D], [S, B, T, D], [B, S, T, D]."""


@dataclass(frozen=True)
class Layout:
    """How a block's output holds its states.

    Attributes:
        width: the hidden size D, always the last axis.
        streams: residual streams a token. Most families have one, ``[B, T, D]``. Hyper-connections and AltUp carry
            several on a fourth axis; the state of a token is then their mean, which favours no stream, keeps the width,
            and is how Gemma 3n itself joins them before its head.
        order: where batch, positions and streams lie on the first three of four axes.

    Example:
        >>> layout = Layout.of((5, 7, 2, 64), batch=5, positions=7)
        >>> layout.streams, layout.read(torch.ones(3, 1, 2, 64)).shape
        (2, torch.Size([3, 1, 64]))
    """

    width: int
    streams: int = 1
    order: tuple[int, int, int] = _ORDERS[0]

    @classmethod
    def of(cls, shape: Sequence[int], batch: int, positions: int) -> Layout | None:
        """The layout of an output of this shape, or None where it holds no state for each of the positions."""
        if len(shape) == 3 and tuple(shape[:2]) == (batch, positions):
            return cls(shape[2])
        if len(shape) == 4:
            for order in _ORDERS:
                if (shape[order[0]], shape[order[1]]) == (batch, positions):
                    return cls(shape[3], shape[order[2]], order)
        return None

    def read(self, hidden: torch.Tensor) -> torch.Tensor:
        """The states ``[B, T, D]``; several streams are averaged in float32.

        Raises:
            ModelError: the output has another number of axes, streams or dimensions.
        """
        states = hidden
        if hidden.dim() == 4 and hidden.shape[self.order[2]] == self.streams:
            states = hidden.mean(dim=self.order[2], dtype=torch.float32).to(hidden.dtype)
        if states.dim() != 3 or states.shape[2] != self.width:
            axes = "[batch, tokens, width]" if self.streams == 1 else f"{self.streams} streams a token"
            raise ModelError(
                f"A block gave an output of shape {list(hidden.shape)}, where {axes} of width {self.width} was "
                "expected, so its states are not measured."
            )
        return states


def hidden_of(output: Any) -> torch.Tensor:
    """The tensor of hidden states in what a block returns: itself, a field of that name, or the first of several.

    Raises:
        ModelError: there is no tensor in that place.
    """
    for candidate in _candidates(output):
        if isinstance(candidate, torch.Tensor) and candidate.is_floating_point():
            return candidate
    raise ModelError(
        f"A block returned a {type(output).__name__} that holds no hidden states in its first place, so this model is "
        f"not measured. If the decoder blocks lie elsewhere, name their list: {option('blocks')}"
    )


def _candidates(output: Any) -> Iterable[Any]:
    yield output
    yield getattr(output, "hidden_states", None)
    yield getattr(output, "last_hidden_state", None)
    if isinstance(output, (tuple, list)):
        yield from output[:1]
    elif hasattr(output, "__dict__"):
        yield from list(vars(output).values())[:1]


def hidden_given(args: tuple, kwargs: dict) -> torch.Tensor:
    """The hidden states among a block's arguments.

    Raises:
        ModelError: the first argument is no tensor, and none is called ``hidden_states``.
    """
    for candidate in (kwargs.get("hidden_states"), *args[:1], *kwargs.values()):
        if isinstance(candidate, torch.Tensor) and candidate.is_floating_point():
            return candidate
    raise ModelError("The first block is given no hidden states, so the embedding output cannot be captured.")


class Capture(AbstractContextManager):
    """Within ``with Capture(blocks, store)``, each forward pass of this thread appends its positions to the store.

    The model is its owner's too: a pass that another thread makes, or this one while :meth:`paused`, goes by unseen.

    Args:
        blocks: the decoder blocks in the order in which they run.
        store: takes the states of its running rows: layer 0 is the first block's input, layer l the output of block l.
        layout: of the blocks' outputs; ``[batch, positions, width]`` by default.
        one_by_one: every pass but the first adds one position, the last of those it computed. A family without a cache
            computes the whole text again at each step; only what is new is taken.

    Attributes:
        filled: how many positions have been computed.

    Raises:
        ModelError: a block's output has an unexpected shape, or the blocks do not run once each, in order.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from llmgeo.model.capture.store import Extent, InMemory
        >>> blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        >>> store = InMemory(Extent(rows=1, layers=(0, 1, 2), start=0, stop=3, width=4, dtype=torch.float32))
        >>> with Capture(blocks, store), torch.no_grad():
        ...     output = nn.Sequential(*blocks)(torch.ones(1, 3, 4))
        >>> torch.equal(store.row(0)[2], output[0])
        True
    """

    def __init__(
        self,
        blocks: Sequence[nn.Module],
        store: Store,
        layout: Layout | None = None,
        *,
        one_by_one: bool = False,
    ):
        self.blocks = blocks
        self.store = store
        self.filled = 0
        self._layout = layout or Layout(store.extent.width)
        self._one_by_one = one_by_one
        self._positions = 0
        self._new = 0
        self._next_layer = 0
        self._hooks = ExitStack()
        self._thread: int | None = None

    def __enter__(self) -> Capture:
        self._thread = threading.get_ident()
        with ExitStack() as hooks:
            first = self.blocks[0].register_forward_pre_hook(self._open_step, with_kwargs=True)
            hooks.callback(first.remove)
            for layer, block in enumerate(self.blocks, start=1):
                hooks.callback(block.register_forward_hook(self._writer(layer)).remove)
            self._hooks = hooks.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception) -> None:
        self._hooks.close()
        if kind is None:
            self._require_whole_pass()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, passes through the model are somebody else's."""
        thread, self._thread = self._thread, None
        try:
            yield
        finally:
            self._thread = thread

    def _is_ours(self) -> bool:
        return self._thread == threading.get_ident()

    def _open_step(self, module: nn.Module, args: tuple, kwargs: dict) -> None:
        if not self._is_ours():
            return
        embedded = self._layout.read(hidden_given(args, kwargs))
        self._require_whole_pass()
        self._positions = embedded.shape[1]
        new = self._positions
        if self._one_by_one and self.filled:
            if self._positions not in (1, self.filled + 1):
                raise ModelError(
                    f"A step of the generation computed {self._positions} positions after {self.filled}; one new "
                    "token, or the whole text again, was expected, so this model is not measured."
                )
            new = 1
        self.filled += new
        self._next_layer = 0
        self._new = new
        self._write(0, embedded)

    def _writer(self, layer: int):
        def write(module: nn.Module, args: tuple, output: Any) -> None:
            if self._is_ours():
                self._write(layer, self._layout.read(hidden_of(output)))

        return write

    def _write(self, layer: int, states: torch.Tensor) -> None:
        if layer != self._next_layer:
            raise ModelError(
                f"Block {layer} ran where block {self._next_layer} was expected: the blocks do not run once each in "
                "their order, so no layer has one state a token, and this model is not measured."
            )
        rows = len(self.store.running)
        if states.shape[:2] != (rows, self._positions):
            raise ModelError(
                f"Layer {layer} gave states of shape {list(states.shape)} for {rows} rows of {self._positions} "
                "positions, so they are not measured."
            )
        self._next_layer += 1
        self.store.write(layer, self.filled - self._new, states[:, self._positions - self._new :])

    def _require_whole_pass(self) -> None:
        if self._next_layer not in (0, len(self.blocks) + 1):
            raise ModelError(
                f"A forward pass ended after block {self._next_layer - 1} of {len(self.blocks)}: the others did not "
                "run, so their states are not known, and this model is not measured."
            )
