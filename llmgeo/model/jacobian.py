"""How the last block's output depends on one token's state at an earlier layer: the Jacobian ∂x_L/∂x_l.

The token is a text's last. What it reads of earlier tokens (keys, values, recurrent states) is held fixed: they are
read once, and the token alone runs over their cache, in many copies at once, each of which gives one row. J is pulled
back by gradients, and pushed forward by gradients of those: forward-mode derivatives are missing in some blocks, all
mixtures of experts among them. Knows blocks, hooks, caches and gradients; not which layers are asked, or what is made
of a Jacobian.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils.memory import should_reduce_batch_size
from torch.autograd.graph import allow_mutation_on_saved_tensors
from torch.nn.attention import SDPBackend, sdpa_kernel

from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.passes import one_pass
from llmgeo.model.threads import threads_for
from llmgeo.model.verify.capabilities import FORWARD_ERRORS

WIDEST = 1024
"""The largest width whose whole Jacobian is computed; of wider models, what the largest gain and the mean need."""

COPIES = 64
"""Copies of the token that run at once, at most."""

PROBES = 8
"""Directions that are followed together where there is no whole Jacobian."""

MORE_PROBES = 4
"""Times so many random directions, for the mean gain of all others."""

CHANGE = 1e-4
"""Relative change of the largest gain below which the search has ended: a tenth of what it may be wrong by."""

MOST_ROUNDS = 50
"""Rounds of the search; beyond them it is said not to have ended."""

CLOSE = {torch.float32: 1e-3, torch.float64: 1e-6}
"""How far the one-token pass may lie from the whole text's, beside the state's length; 16 bits: ``ROUGH``."""

ROUGH = 5e-2


@dataclass(frozen=True)
class Gains:
    """How much a small change of the state at a layer is amplified on its way to the last block's output.

    Attributes:
        largest: σ_max of the Jacobian.
        random: ‖J‖_F/√D, the root-mean-square gain of a random direction; an estimate where largest was searched for.
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
        copies: of the token that run at once, at most; fewer take less memory.

    Attributes:
        states: ``[L+1, D]`` of the token, from a pass over the whole text.

    Raises:
        UsageError: as `LanguageModel.read`.
        ModelError: the model keeps no cache, or none that copies of a token can be put behind; it has several residual
            streams; or the token over the cache is not what it is in the whole text.

    Example:
        >>> import llmgeo
        >>> token = LastToken(llmgeo.load("toy"), [5, 6, 7])
        >>> token.jacobian(4).shape
        torch.Size([64, 64])
    """

    def __init__(self, model: LanguageModel, ids: Sequence[int], copies: int = COPIES):
        if model.verified.layout.streams > 1:
            raise ModelError(f"{model.name}: its blocks carry several residual streams, so that there is no one state.")
        if model.verified.cache == "none":
            raise ModelError(f"{model.name} keeps no cache, so that earlier tokens cannot be held fixed.")
        self.model = model
        self.copies = copies
        self.ids = model.encode(ids, "the text")
        if len(self.ids) < 2:
            raise ModelError("A text of one token has no earlier ones to hold fixed; give two tokens at least.")
        self.states = model.read(self.ids, layers=None).states[:, -1].clone()
        self._pasts: dict[int, Any] = {}
        self._is_repeated = True
        with self._running():
            self._past(copies if model.width <= WIDEST else PROBES)

    def jacobian(self, layer: int) -> torch.Tensor:
        """∂x_L/∂x_l, ``[D, D]`` float32 on the CPU: row i is the gradient of coordinate i.

        Raises:
            ModelError: no gradient goes through the model's blocks.
        """
        width = self.model.width
        start = self._start(layer, self.copies)
        rows = []
        with self._running():
            for first in range(0, width, self.copies):
                count = min(self.copies, width - first)
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
        """The same by block Lanczos bidiagonalisation (Golub, Luk & Overton 1981), with J and Jᵀ alone.

        The mean gain is exact for the directions that were followed, and estimated by random ones for all others
        (Hutch++, Meyer et al. 2021, arXiv 2010.09649).

        Raises:
            ModelError: no gradient, or no gradient of it, goes through the model's blocks.
        """
        width = self.model.width
        generator = torch.Generator().manual_seed(seed)
        start = self._start(layer, PROBES)
        followed, seen = torch.empty(0, width, dtype=torch.float64), torch.empty(0, width, dtype=torch.float64)
        directions = torch.randn(PROBES, width, generator=generator, dtype=torch.float64)
        largest, has_ended, rounds = float("nan"), False, 0
        with self._running(), sdpa_kernel(SDPBackend.MATH):  # the other kernels have no gradient of their gradient
            while not has_ended and rounds < MOST_ROUNDS:
                rounds += 1
                directions = _new_directions(directions, followed)
                pushed = self._pushed(layer, start, directions)
                followed, seen = torch.cat([followed, directions]), torch.cat([seen, pushed])
                before, largest = largest, float(torch.linalg.matrix_norm(seen, 2))
                has_ended = abs(largest - before) < CHANGE * largest or len(followed) + PROBES > width
                directions = self._pulled(layer, start, lambda out, u=pushed: (out * u.to(out)).sum()).double().cpu()
            squares = float(seen.square().sum())
            for _ in range(MORE_PROBES):
                others = torch.randn(PROBES, width, generator=generator, dtype=torch.float64)
                others -= others @ followed.T @ followed
                squares += float(self._pushed(layer, start, others).square().sum()) / (MORE_PROBES * PROBES)
        return Gains(largest, (squares / width) ** 0.5, rounds, has_ended)

    # -- passes ------------------------------------------------------------------------------------------------------

    @property
    def _device(self) -> torch.device:
        return self.model.verified.device

    @contextmanager
    def _running(self) -> Iterator[None]:
        with one_pass(self.model.hf, "jacobian"), threads_for(self.model.parameters):
            yield

    def _start(self, layer: int, copies: int) -> torch.Tensor:
        return self.states[layer].to(self._device).repeat(copies, 1)

    def _pulled(self, layer: int, start: torch.Tensor, of: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """Gradient of a number that is made of the outputs, ``[copies, D]``."""
        with torch.enable_grad(), self._explained(), self._mutable():
            given = start.clone().requires_grad_()
            return torch.autograd.grad(of(self._onward(layer, given)), given)[0]

    def _pushed(self, layer: int, start: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """J of each direction, ``[copies, D]`` float64 on the CPU: Jᵀw is linear in w, and J is its gradient."""
        with torch.enable_grad(), self._explained(), self._mutable():
            given = start.clone().requires_grad_()
            out = self._onward(layer, given)
            weights = torch.zeros_like(out).requires_grad_()
            pulled = torch.autograd.grad(out, given, weights, create_graph=True)[0]
            return torch.autograd.grad(pulled, weights, directions.to(pulled))[0].detach().double().cpu()

    def _mutable(self) -> AbstractContextManager:
        """Recurrent states are written over in place, which gradients would stumble over."""
        return nullcontext() if self._is_repeated else allow_mutation_on_saved_tensors()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Within it, what the blocks' own code raises says that there is no Jacobian, but for memory that ran out."""
        try:
            yield
        except FORWARD_ERRORS as error:
            if should_reduce_batch_size(error):
                raise
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ModelError(f"{self.model.name}: no gradient goes through its blocks ({reason}).") from error

    def _onward(self, layer: int, given: torch.Tensor) -> torch.Tensor:
        """The last block's output of copies of the token whose states after a layer are given, ``[copies, D]``."""
        if layer == self.model.layers:
            return given
        return self._over(self._past(len(given)), layer, given)

    def _over(self, past: Any, layer: int, given: torch.Tensor) -> torch.Tensor:
        ids, mask = self.model.runner.pad([self.ids] * len(given), left=False)
        with self._replaced(layer, given) as found:
            self.model.runner.caller.one_more(ids[:, -1:], mask, copy.deepcopy(past))
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

    # -- the earlier tokens ------------------------------------------------------------------------------------------

    def _past(self, copies: int) -> Any:
        """The earlier tokens' cache for so many copies, with which the token is what it is in the whole text."""
        if copies in self._pasts:
            return self._pasts[copies]
        failures = []
        for made in (self._repeated, self._read_in_rows):
            try:
                with torch.no_grad():
                    past = made(copies)
                    apart = self._apart(past, copies)
            except FORWARD_ERRORS as error:
                if should_reduce_batch_size(error):
                    raise
                failures.append("its cache cannot be shared by copies of a token")
                continue
            if apart <= CLOSE.get(self.model.verified.dtype, ROUGH):
                self._pasts[copies], self._is_repeated = past, made == self._repeated
                return past
            failures.append(f"its last token over the cache of the others differs by {apart:.1e} from what it is in "
                            "the whole text, so that earlier tokens cannot be held fixed")  # fmt: skip
        raise ModelError(f"{self.model.name}: {failures[-1]}.")

    def _repeated(self, copies: int) -> Any:
        """Read once; each copy has its own rows of it."""
        ids, mask = self.model.runner.pad([self.ids[:-1]], left=False)
        past = self.model.runner.caller.past(ids, mask)
        past.batch_repeat_interleave(copies)
        return past

    def _read_in_rows(self, copies: int) -> Any:
        """Read as often as there are copies, where a cache cannot be repeated (recurrent states)."""
        ids, mask = self.model.runner.pad([self.ids[:-1]] * copies, left=False)
        return self.model.runner.caller.past(ids, mask)

    def _apart(self, past: Any, copies: int) -> float:
        """How far the token over the cache lies from the one in the whole text, beside its length; of any copy."""
        found = self._over(past, 1, self._start(1, copies)).double().cpu()
        expected = self.states[-1].double().cpu()
        return float(torch.linalg.vector_norm(found - expected, dim=-1).max() / expected.norm())


def _new_directions(directions: torch.Tensor, followed: torch.Tensor) -> torch.Tensor:
    """``[n, D]`` orthonormal, and orthogonal to those followed before; twice, as what is left may be mere rounding."""
    for _ in range(2):
        directions = torch.linalg.qr((directions - directions @ followed.T @ followed).T).Q.T
    return directions
