"""The second derivative of a loss by the weights: products with a vector, its trace, its extreme eigenvalues.

A product is the gradient of gradient · vector (Pearlmutter 1994). For named blocks up to `MOST` numbers the eigenvalues
come from scipy's Lanczos, beyond from a power iteration, which keeps two vectors; each with its residual
‖Hv − λv‖/|λ|, above `RESIDUAL` of which it is said not to have ended. The trace is Hutchinson's, with its standard
error. Knows a module and a function that gives a loss; no text, no model of language.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from llmgeo.errors import ModelError, UsageError
from llmgeo.measures.status import OK
from llmgeo.messages import shown
from llmgeo.model.landscape.directions import Direction

MOST = 4_000_000
"""Numbers of a block up to which Lanczos keeps its twenty vectors, in float64."""

RESIDUAL = 1e-2
CHANGE = 1e-3
"""Relative change of an eigenvalue below which a power iteration has ended."""

MOST_ROUNDS = 60
NOT_ENDED, UNDEFINED = "not_ended", "undefined"

NO_DERIVATIVE = ("derivative for", "not implemented", "differentiate twice", "does not require grad")
"""How torch says that a function cannot be differentiated, or not twice."""

Loss = Callable[[], torch.Tensor]


@dataclass(frozen=True)
class Eigenvalue:
    """One end of the spectrum.

    Attributes:
        value: λ. residual: ‖Hv − λv‖/|λ|. status: "ok", or "not_ended".
        products: with the Hessian that all values of this call took.
    """

    value: float
    residual: float
    status: str
    products: int


class Hessian:
    """Of a loss by some of a module's parameters. Everything is asked within `graph`.

    Args:
        module: its parameters' `requires_grad` is as it was when the block ends.
        loss: makes the loss from the module, a number; in evaluation mode, so that it is the same each time.
        names: the parameters that are meant; all of them, if left out.

    Example:
        >>> layer = nn.Linear(3, 1, bias=False)
        >>> inputs = torch.tensor([[2.0, 0, 0], [0, 1.0, 0]])
        >>> hessian = Hessian(layer, lambda: layer(inputs).square().sum() / 2)
        >>> with hessian.graph():
        ...     [round(each.value, 4) for each in hessian.eigenvalues(1)], hessian.trace(20)[0]
        ([4.0, 0.0], 5.0)
    """

    def __init__(self, module: nn.Module, loss: Loss, names: Sequence[str] | None = None):
        known = dict(module.named_parameters())
        self._module, self._loss = module, loss
        self._parameters = {name: known[name] for name in (known if names is None else names)}
        self._gradient: dict[str, torch.Tensor] = {}

    @property
    def numbers(self) -> int:
        """How many numbers the block has."""
        return sum(parameter.numel() for parameter in self._parameters.values())

    @contextmanager
    def graph(self) -> Iterator[None]:
        """Within it, the loss's gradient is held, with what its derivative is made of."""
        frozen = [each for each in self._module.parameters() if each.requires_grad]
        try:
            for parameter in frozen:
                parameter.requires_grad_(False)
            for parameter in self._parameters.values():
                parameter.requires_grad_(True)
            # The fused kernels of attention have no derivative of their derivative.
            with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
                parts = self._derivative(self._loss(), create_graph=True)
                if _is_cut(parts):
                    raise ModelError(_no_second_derivative("a part of it can be differentiated once alone"))
                self._gradient = dict(zip(self._parameters, parts, strict=True))
                yield
        finally:
            self._gradient = {}
            for parameter in self._parameters.values():
                parameter.requires_grad_(False)
            for parameter in frozen:
                parameter.requires_grad_(True)

    def product(self, vector: Direction) -> dict[str, torch.Tensor]:
        """Hv, by name; a parameter that the vector does not have counts as zero."""
        along = [(self._gradient[name] * vector[name]).sum() for name in self._parameters if name in vector]
        whole = torch.stack(along).sum()
        if not whole.requires_grad:  # the loss is linear in these weights
            return {name: torch.zeros_like(parameter) for name, parameter in self._parameters.items()}
        parts = self._derivative(whole, retain_graph=True)
        return dict(zip(self._parameters, parts, strict=True))

    def _derivative(self, of: torch.Tensor, **how: bool) -> tuple[torch.Tensor, ...]:
        try:
            return torch.autograd.grad(of, list(self._parameters.values()), materialize_grads=True, **how)
        except (NotImplementedError, RuntimeError) as error:
            if isinstance(error, torch.OutOfMemoryError) or not any(word in str(error) for word in NO_DERIVATIVE):
                raise
            raise ModelError(_no_second_derivative(str(error).splitlines()[0][:120])) from None

    def slope_and_curvature(self, direction: Direction) -> tuple[float, float]:
        """∇L·d and dᵀHd."""
        return dot(self._gradient, direction), dot(self.product(direction), direction)

    def trace(self, probes: int, seed: int = 0) -> tuple[float, float]:
        """Hutchinson's estimate from random signs, and its standard error; nan with a single probe."""
        generator = torch.Generator().manual_seed(seed)
        values = []
        for _ in range(probes):
            signs = {
                name: (torch.randint(0, 2, each.shape, generator=generator, dtype=each.dtype) * 2 - 1).to(each.device)
                for name, each in self._parameters.items()
            }
            values.append(dot(self.product(signs), signs))
        error = float(np.std(values, ddof=1) / math.sqrt(probes)) if probes > 1 else math.nan
        return float(np.mean(values)), error

    def eigenvalues(self, count: int, seed: int = 0, on_product: Callable[[], None] | None = None) -> list[Eigenvalue]:
        """The largest `count`, then the smallest: of a large block, one of each.

        Args:
            on_product: called after each product, for a progress bar.
        """
        if self.numbers <= MOST and self.numbers > 2 * count:
            return self._by_lanczos(count, seed, on_product)
        return self._by_power(seed, on_product)

    # -- vectors as one -----------------------------------------------------------------------------------------------

    def _apart(self, whole: np.ndarray) -> dict[str, torch.Tensor]:
        parts, start = {}, 0
        for name, parameter in self._parameters.items():
            piece = torch.from_numpy(whole[start : start + parameter.numel()]).view(parameter.shape)
            parts[name], start = piece.to(parameter), start + parameter.numel()
        return parts

    def _together(self, parts: Mapping[str, torch.Tensor]) -> np.ndarray:
        return torch.cat([parts[name].detach().double().cpu().reshape(-1) for name in self._parameters]).numpy()

    def _by_lanczos(self, count: int, seed: int, on_product: Callable[[], None] | None) -> list[Eigenvalue]:
        products = 0

        def multiply(vector: np.ndarray) -> np.ndarray:
            nonlocal products
            products += 1
            found = self._together(self.product(self._apart(np.asarray(vector).reshape(-1))))
            if on_product is not None:
                on_product()
            return found

        size = self.numbers
        operator = LinearOperator((size, size), matvec=multiply, dtype=np.float64)
        start = np.random.default_rng([seed, 11]).normal(size=size)
        try:
            values, vectors = eigsh(
                operator, 2 * count, which="BE", v0=start, tol=CHANGE, ncv=min(size, 4 * count + 12), maxiter=20
            )
        except ArpackNoConvergence:  # of the values that it has, nobody says at which end they are
            return self._by_power(seed, on_product)
        except ArpackError:  # it cannot begin where the Hessian is zero, as of an expert that no token reaches
            moved = multiply(start)
            if not np.isfinite(moved).all():
                return [Eigenvalue(math.nan, math.nan, UNDEFINED, products)] * 2
            return self._by_power(seed, on_product) if moved.any() else [Eigenvalue(0.0, 0.0, OK, products)] * 2
        rows = []
        for place in np.argsort(values)[::-1]:
            value, vector = float(values[place]), vectors[:, place]
            residual = np.linalg.norm(multiply(vector) - value * vector)
            rows.append((value, float(residual)))
        largest = max((abs(value) for value, _ in rows), default=0.0)
        return [Eigenvalue(value, *_judged(value, residual, largest), products) for value, residual in rows]

    def _by_power(self, seed: int, on_product: Callable[[], None] | None) -> list[Eigenvalue]:
        """The end that is farther from zero, then the other one, as the far end of H − λI."""
        first, far_residual, rounds = self._power(0.0, seed, on_product)
        second, other_residual, more = self._power(first, seed + 1, on_product)
        products, largest = rounds + more, max(abs(first), abs(second))
        ends = sorted([(first, far_residual), (second, other_residual)], reverse=True)
        return [Eigenvalue(value, *_judged(value, residual, largest), products) for value, residual in ends]

    def _power(self, shift: float, seed: int, on_product: Callable[[], None] | None) -> tuple[float, float, int]:
        generator = torch.Generator().manual_seed(seed)
        vector = {
            name: torch.randn(each.shape, generator=generator, dtype=each.dtype).to(each.device)
            for name, each in self._parameters.items()
        }
        value, residual, rounds = math.nan, math.inf, 0
        while rounds < MOST_ROUNDS:
            size = math.sqrt(dot(vector, vector))
            if size == 0:
                return shift, 0.0, rounds
            vector = {name: each / size for name, each in vector.items()}
            moved = self.product(vector)
            if on_product is not None:
                on_product()
            rounds += 1
            before, value = value, dot(moved, vector)
            residual = math.sqrt(max(dot(moved, moved) - value**2, 0.0))
            if abs(value - before) < CHANGE * abs(value) and residual < RESIDUAL * abs(value):
                break
            vector = {name: moved[name] - shift * vector[name] for name in moved}
        return value, residual, rounds


def _no_second_derivative(why: str) -> str:
    return f"The model's code has no second derivative ({why}). Leave --hessian out, and --set hessian.directions=0."


def _is_cut(gradient: Sequence[torch.Tensor]) -> bool:
    """Whether the graph of a gradient ends in a function that is differentiable once: torch gives zeros beyond it."""
    left, seen = [each.grad_fn for each in gradient], set()
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        if node.name().rpartition("::")[2] == "Error":
            return True
        seen.add(node)
        left += [following for following, _ in node.next_functions]
    return False


def dot(a: Mapping[str, torch.Tensor], b: Mapping[str, torch.Tensor]) -> float:
    """Σ ab over the names that both have, in float64.

    >>> dot({"x": torch.ones(2), "y": torch.ones(1)}, {"x": torch.full((2,), 3.0)})
    6.0
    """
    return float(
        sum(float(torch.sum(a[name].detach() * b[name].detach(), dtype=torch.float64)) for name in a.keys() & b.keys())
    )


def block_names(module: nn.Module, pattern: str) -> list[str]:
    """Parameters that a pattern means: ``"all"``, or with ``*`` for any letters, such as ``"*layers.0.mlp.*"``.

    Raises:
        UsageError: it means none.

    >>> block_names(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), "1.*")
    ['1.weight', '1.bias']
    """
    names = [name for name, _ in module.named_parameters()]
    found = names if pattern == "all" else [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise UsageError(
            f"hessian: no weight is called {shown(pattern)}. Write all, or a pattern such as {shown(names[0])} or "
            "'*layers.0.mlp.*'."
        )
    return found


def _judged(value: float, residual: float, largest: float) -> tuple[float, str]:
    """The residual beside the eigenvalue, and the status; what is within rounding of zero beside the largest is ok."""
    if abs(value) <= 1e-6 * largest or largest == 0:
        return 0.0, OK
    share = residual / abs(value)
    return share, OK if share <= RESIDUAL else NOT_ENDED
