"""How the last block's output depends on one token's state at an earlier layer: the Jacobian ∂x_L/∂x_l.

The token is a text's last. What it reads of earlier tokens (keys, values, recurrent states) is held fixed: they are
read once, and the token alone runs over their cache, in many copies at once, each of which gives one row. Knows blocks,
hooks, caches and gradients; not which layers are asked, or what is made of a Jacobian.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.passes import one_pass
from llmgeo.model.threads import threads_for

WIDEST = 1024
"""The largest width whose whole Jacobian is computed; of wider models, what the largest gain and the mean need."""

COPIES = 64
"""Copies of the token that run at once."""

PROBES = 8
"""Directions that are followed together where there is no whole Jacobian."""

CHANGE = 1e-3
"""Relative change of the largest gain below which the search has ended."""

MOST_ROUNDS = 200
"""Rounds of the search; beyond them it is said not to have ended."""

CLOSE = {torch.float32: 1e-3, torch.float64: 1e-6}
"""How far the one-token pass may lie from the whole text's, beside the state's length; 16 bits: ``ROUGH``."""

ROUGH = 5e-2

Map = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Gains:
    """How much a small change of the state at a layer is amplified on its way to the last block's output.

    Attributes:
        largest: σ_max of the Jacobian. random: ‖J‖_F/√D, the root-mean-square gain of a random direction.
        rounds: of the search for the largest; 0 where the whole Jacobian was computed.
        has_ended: whether the search had ended after them.
    """

    largest: float
    random: float
    rounds: int = 0
    has_ended: bool = True


class LastToken:
    """A text's last token over the cache of the others.

    Args:
        model: any that llmgeo loads; its weights are not changed.
        ids: of the text, two tokens at least.

    Attributes:
        states: ``[L+1, D]`` of the token, from a pass over the whole text.

    Raises:
        UsageError: as `LanguageModel.read`.
        ModelError: the model keeps no cache, or one that cannot be used by copies of a token; several residual streams;
            or the token over the cache is not what it is in the whole text.

    Example:
        >>> import llmgeo
        >>> token = LastToken(llmgeo.load("toy"), [5, 6, 7])
        >>> token.jacobian(4).shape
        torch.Size([64, 64])
    """

    def __init__(self, model: LanguageModel, ids: Sequence[int]):
        if model.verified.layout.streams > 1:
            raise ModelError(f"{model.name}: its blocks carry several residual streams, so that there is no one state.")
        if model.verified.cache == "none":
            raise ModelError(f"{model.name} keeps no cache, so that earlier tokens cannot be held fixed.")
        self.model = model
        self.ids = model.encode(ids, "the text")
        if len(self.ids) < 2:
            raise ModelError("A text of one token has no earlier ones to hold fixed; give two tokens at least.")
        self.states = model.read(self.ids, layers=None).states[:, -1].clone()
        with self._running():
            self._past = self._caches({1, COPIES, PROBES})
            found = self._onward(1, self.states[1:2].to(self._device))[0]
        self._check(found)

    def jacobian(self, layer: int) -> torch.Tensor:
        """∂x_L/∂x_l, ``[D, D]`` float32 on the CPU: row i is the gradient of coordinate i.

        Raises:
            ModelError: no gradient goes through the model's blocks.
        """
        width = self.model.width
        start = self.states[layer].to(self._device).repeat(COPIES, 1)
        rows = []
        with self._running():
            for first in range(0, width, COPIES):
                count = min(COPIES, width - first)
                picked = torch.arange(count, device=self._device)
                rows.append(self._pulled(layer, start, lambda out, p=picked, f=first: out[p, p + f].sum())[:count])
        return torch.cat(rows).float().cpu()

    def gains(self, layer: int, seed: int = 0) -> Gains:
        """The largest and the mean gain: of the whole Jacobian up to a width of `WIDEST`, searched for beyond it."""
        if self.model.width <= WIDEST:
            whole = self.jacobian(layer).double()
            largest = float(torch.linalg.matrix_norm(whole, 2))
            return Gains(largest, float(torch.linalg.matrix_norm(whole)) / self.model.width**0.5)
        return self.searched(layer, seed)

    def searched(self, layer: int, seed: int = 0) -> Gains:
        """The same by subspace iteration with J and Jᵀ alone, whatever the width."""
        generator = torch.Generator().manual_seed(seed)
        directions = torch.randn(PROBES, self.model.width, generator=generator)
        start = self.states[layer].to(self._device).repeat(PROBES, 1)
        mean, largest = float("nan"), float("nan")
        with self._running(), sdpa_kernel(SDPBackend.MATH):  # the other kernels have no forward derivative
            for round_ in range(1, MOST_ROUNDS + 1):
                basis = torch.linalg.qr(directions.double().T).Q.T if round_ > 1 else directions.double()
                pushed = self._pushed(layer, start, basis.to(start))
                if round_ == 1:
                    mean = float((pushed.square().sum(-1) / basis.square().sum(-1)).mean().sqrt())
                else:
                    before, largest = largest, float(torch.linalg.matrix_norm(pushed, 2))
                    if abs(largest - before) < CHANGE * largest:
                        return Gains(largest, mean, round_)
                directions = self._pulled(layer, start, lambda out, u=pushed: (out * u.to(out)).sum()).double().cpu()
        return Gains(largest, mean, MOST_ROUNDS, has_ended=False)

    # -- passes ------------------------------------------------------------------------------------------------------

    @property
    def _device(self) -> torch.device:
        return self.model.verified.device

    @contextmanager
    def _running(self) -> Iterator[None]:
        with one_pass(self.model.hf, "jacobian"), threads_for(self.model.parameters):
            yield

    def _pulled(self, layer: int, start: torch.Tensor, of: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """Gradient of a number that is made of the outputs, ``[copies, D]``."""
        with torch.enable_grad():
            given = start.clone().requires_grad_()
            out = self._onward(layer, given)
            if not out.requires_grad:
                raise ModelError(f"{self.model.name}: no gradient goes through its blocks, so it has no Jacobian.")
            return torch.autograd.grad(of(out), given)[0]

    def _pushed(self, layer: int, start: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """J of each direction, ``[copies, D]`` float64 on the CPU."""
        try:
            _, pushed = torch.func.jvp(lambda given: self._onward(layer, given), (start,), (directions,))
        except RuntimeError as error:  # a part that has a derivative backward alone
            raise ModelError(f"{self.model.name}: its blocks have no forward derivative.") from error
        return pushed.detach().double().cpu()

    def _onward(self, layer: int, given: torch.Tensor) -> torch.Tensor:
        """The last block's output of copies of the token whose states after a layer are given, ``[copies, D]``."""
        if layer == self.model.layers:
            return given
        copies = len(given)
        caller = self.model.runner.caller
        ids, mask = self.model.runner.pad([self.ids] * copies, left=False)
        with self._replaced(layer, given) as found:
            caller.one_more(ids[:, -1:], mask, copy.deepcopy(self._past[copies]))
        return found[0]

    @contextmanager
    def _replaced(self, layer: int, given: torch.Tensor) -> Iterator[list[torch.Tensor]]:
        """Within it, this thread's one-token passes go on from the given states after a layer; the last one's output
        is put into the list."""
        thread, blocks, found = threading.get_ident(), self.model.blocks, []

        def replace(module: torch.nn.Module, args: tuple, output: Any) -> Any:
            if threading.get_ident() != thread:
                return None
            if isinstance(output, torch.Tensor):
                return given[:, None]
            if isinstance(output, tuple) and isinstance(output[0], torch.Tensor):
                return (given[:, None], *output[1:])
            raise ModelError(f"{self.model.name}: a block returns a {type(output).__name__}, which cannot be replaced.")

        def replace_given(module: torch.nn.Module, args: tuple, kwargs: dict) -> tuple | None:
            if threading.get_ident() != thread:
                return None
            if args:
                return (given[:, None], *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": given[:, None]}

        def keep(module: torch.nn.Module, args: tuple, output: Any) -> None:
            if threading.get_ident() == thread:
                found[:] = [hidden_of(output)[:, -1]]

        with ExitStack() as hooks:
            if layer:
                hooks.callback(blocks[layer - 1].register_forward_hook(replace).remove)
            else:
                hooks.callback(blocks[0].register_forward_pre_hook(replace_given, with_kwargs=True).remove)
            hooks.callback(blocks[-1].register_forward_hook(keep).remove)
            yield found

    def _caches(self, counts: set[int]) -> dict[int, Any]:
        """The earlier tokens' cache, for each number of copies."""
        ids, mask = self.model.runner.pad([self.ids[:-1]], left=False)
        past = getattr(self.model.runner.caller.read(ids, mask, use_cache=True), "past_key_values", None)
        if past is None or not hasattr(past, "batch_repeat_interleave"):
            raise ModelError(f"{self.model.name}: its cache cannot be shared by copies of a token.")
        caches = {}
        for count in counts:
            caches[count] = copy.deepcopy(past)
            try:
                caches[count].batch_repeat_interleave(count)
            except (AttributeError, NotImplementedError) as error:
                raise ModelError(f"{self.model.name}: its cache cannot be shared by copies of a token.") from error
        return caches

    def _check(self, found: torch.Tensor) -> None:
        """Raises ModelError where the token over the cache is another than in the whole text."""
        expected = self.states[-1].double().cpu()
        apart = float((found.double().cpu() - expected).norm() / expected.norm())
        if not apart <= CLOSE.get(self.model.verified.dtype, ROUGH):
            raise ModelError(
                f"{self.model.name}: its last token over the cache of the others differs by {apart:.1e} from what it "
                "is in the whole text, so that earlier tokens cannot be held fixed."
            )
