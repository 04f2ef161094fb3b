"""Takes from a model, while somebody else's `generate` runs it, the newest state at one layer and the raw logits.

Two hooks: one on a block, one on the whole model. They are there between `__enter__` and `__exit__` and at no other
time, whatever happens in between. Knows hooks and layouts; no channel, and not which token a pass was for.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import numpy as np
import torch
from torch import nn

from llmgeo.errors import NonFiniteStatesError
from llmgeo.model.capture.hooks import hidden_given, hidden_of
from llmgeo.model.forward_pass import logits_in
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.projection import project

KEPT = 2
"""Passes that are kept: the newest token may be told after the pass that it was fed to."""


class Tap(AbstractContextManager):
    """Within it, every pass of this thread is seen.

    Args:
        layer: whose states are taken, 0 to L; None for none.
        with_logits: whether logits are kept.

    Attributes:
        passes: how many were seen since the last `begin`.
        is_open: whether it is entered.
    """

    def __init__(self, model: LanguageModel, layer: int | None, with_logits: bool):
        self._model, self._layer, self._with_logits = model, layer, with_logits
        self._hooks = ExitStack()
        self._thread: int | None = None
        self._states: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._logits: dict[int, torch.Tensor] = {}
        self._previous: torch.Tensor | None = None
        self._base = self._count = 0

    @property
    def is_open(self) -> bool:
        return self._thread is not None

    @property
    def passes(self) -> int:
        return self._count - self._base

    def begin(self) -> None:
        """A new text: its first pass is the one that was just made."""
        self._base = max(0, self._count - 1)

    def state(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the last token of a pass, from 0: projected ``[B, 64]``, and distances ``[B]`` from the one before."""
        return self._states[self._base + 1 + number]

    def logits(self, number: int) -> torch.Tensor:
        """Raw logits ``[B, V]`` that a pass ended in."""
        return self._logits[self._base + 1 + number]

    def __enter__(self) -> Tap:
        self._thread = threading.get_ident()
        self._count = self._base = 0
        blocks, layer = self._model.blocks, self._layer
        with ExitStack() as hooks:
            first = blocks[0].register_forward_pre_hook(self._see_pass, with_kwargs=True)
            hooks.callback(first.remove)
            if layer:
                hooks.callback(blocks[layer - 1].register_forward_hook(self._see_block).remove)
            if self._with_logits:
                hooks.callback(_innermost(self._model.hf).register_forward_hook(self._see_logits).remove)
            self._hooks = hooks.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.close()
        self._thread = self._previous = None
        self._states, self._logits = {}, {}

    def _is_ours(self) -> bool:
        return self._thread == threading.get_ident()

    def _see_pass(self, module: nn.Module, args: tuple, kwargs: dict) -> None:
        if self._is_ours():
            self._count += 1
            if self._layer == 0:
                self._take(hidden_given(args, kwargs))

    def _see_block(self, module: nn.Module, args: tuple, output: Any) -> None:
        if self._is_ours():
            self._take(hidden_of(output))

    def _see_logits(self, module: nn.Module, args: tuple, output: Any) -> None:
        if self._is_ours():
            _keep(self._logits, self._count, logits_in(output)[:, -1].detach())

    @torch.no_grad()
    def _take(self, hidden: torch.Tensor) -> None:
        newest = self._model.verified.layout.read(hidden)[:, -1].float()
        before = self._previous
        is_same = before is not None and before.shape == newest.shape
        steps = (newest - before).norm(dim=-1).cpu().numpy() if is_same else np.full(len(newest), np.nan)
        projected = project(newest)
        if not np.isfinite(projected).all():
            raise NonFiniteStatesError(
                f"the states are not finite at layer {self._layer}, so a monitor cannot watch them; the weights are "
                "damaged, or the dtype is too narrow: try bfloat16 or float32."
            )
        _keep(self._states, self._count, (projected, steps))
        self._previous = newest


def _innermost(model: nn.Module) -> nn.Module:
    """The model whose forward is called: an adapter's `generate` goes past the adapter's own forward."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _keep(kept: dict[int, Any], number: int, value: Any) -> None:
    kept[number] = value
    kept.pop(number - KEPT, None)
