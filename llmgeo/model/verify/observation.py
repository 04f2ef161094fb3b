"""Watch one short pass: which blocks run, how often, on what, and what they return.

Knows hooks. Does not know what the outputs ought to be; ``llmgeo.model.verify.verification`` compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError
from llmgeo.messages import option
from llmgeo.model.capture.hooks import Layout, hidden_given, hidden_of


@dataclass(frozen=True)
class ObservedPass:
    """One pass through the blocks.

    Attributes:
        calls: for every call, in order: which block, the hidden states it was given, those it returned.
        blocks: how many blocks there are.
    """

    calls: tuple[tuple[int, torch.Tensor, torch.Tensor], ...]
    blocks: int

    @property
    def ran(self) -> tuple[int, ...]:
        """The blocks that ran, in order."""
        return tuple(index for index, _, _ in self.calls)

    @property
    def device(self) -> torch.device:
        return self.calls[0][2].device

    def is_chain(self) -> bool:
        """Whether each block is given what the one before it returned."""
        inputs = [hidden for _, hidden, _ in self.calls[1:]]
        return all(
            hidden.shape == output.shape and torch.equal(hidden, output.to(hidden))
            for hidden, (_, _, output) in zip(inputs, self.calls, strict=False)
        )

    def states(self, where: str, rows: int, tokens: int) -> tuple[torch.Tensor, Layout]:
        """The states ``[rows, L+1, tokens, D]`` of the blocks that ran, and how an output is laid out.

        Raises:
            ModelError: no block ran, a block ran more than once, or its output has no state for each token.
        """
        if not self.calls:
            raise ModelError(f"{where}: none of these modules runs when a text is read; name another list.")
        if list(self.ran) != sorted(set(self.ran)):
            raise ModelError(
                f"{where}: the {self.blocks} blocks found there run {len(self.calls)} times in one pass, over and over "
                "or out of order, so no layer has one state a token, and the model is not measured."
            )
        shapes = {tuple(output.shape) for _, _, output in self.calls}
        layouts = {Layout.of(shape, rows, tokens) for shape in shapes}
        if len(layouts) > 1 or None in layouts:
            shown = " and ".join(str(list(shape)) for shape in sorted(shapes))
            raise ModelError(
                f"{where}: for {rows} texts of {tokens} tokens the blocks found there give {shown}, which is not one "
                "state of one width a token, so the model is not measured. If the decoder blocks lie elsewhere, name "
                f"their list: {option('blocks')}"
            )
        [layout] = layouts
        layers = [self.calls[0][1], *(output for _, _, output in self.calls)]
        dtype = reduce(torch.promote_types, (layer.dtype for layer in layers))
        read = [layout.read(layer).to("cpu", dtype) for layer in layers]
        if read[0].shape != read[1].shape:
            raise ModelError(
                f"{where}: the first block is given {list(self.calls[0][1].shape)} and returns "
                f"{list(self.calls[0][2].shape)}, so there is no embedding output of the same kind, and the model is "
                "not measured."
            )
        return torch.stack(read, dim=1), layout


def observe(model: nn.Module, blocks: Sequence[nn.Module], run: Callable[[], Any]) -> tuple[Any, ObservedPass]:
    """Run something under observation; its result, and what the blocks did meanwhile."""
    calls: list[tuple[int, torch.Tensor, torch.Tensor]] = []

    def watch(index: int) -> Callable:
        def note(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
            calls.append((index, hidden_given(args, kwargs), hidden_of(output)))

        return note

    with ExitStack() as hooks:
        for index, block in enumerate(blocks):
            hooks.callback(block.register_forward_hook(watch(index), with_kwargs=True).remove)
        result = run()
    return result, ObservedPass(tuple(calls), len(blocks))
