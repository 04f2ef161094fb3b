"""A network's weights, set somewhere else for a while and given back to the last bit.

Adding a step and subtracting it again does not give float32 weights back: one time in twelve it does not. So weights
are always set from a copy, and given back from it, however the block ends: its end, an exception, Ctrl-C. Whether they
are the same is checked by a digest. Knows modules; no text, no loss, and not why the weights are moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from llmgeo.errors import ModelError
from llmgeo.messages import option
from llmgeo.model.digests import module_digest
from llmgeo.model.landscape.directions import Direction

MOVABLE = (torch.float32, torch.float64)

Weights = Mapping[str, torch.Tensor]


class Displacement:
    """A module's weights, which can be set beside where they are. Holds a copy of them: as much memory once more.

    Args:
        module: a network in float32 or float64, all of it in memory.
        name: of the model, for messages.

    Attributes:
        weights: the copy, by name; a tensor that is used twice is there once.

    Raises:
        ModelError: weights of 16 bits, quantised or offloaded ones; an adapter that was not merged.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> displacement, before = Displacement(layer), layer.weight.clone()
        >>> with displacement.along((0.5, {"weight": torch.ones(1, 2)})):
        ...     torch.equal(layer.weight, before + 0.5)
        True
        >>> torch.equal(layer.weight, before)
        True
    """

    def __init__(self, module: nn.Module, name: str = "the model"):
        check_movable(module, name)
        self._module, self._name = module, name
        self._parameters = dict(module.named_parameters())
        self.weights: Weights = {each: parameter.detach().clone() for each, parameter in self._parameters.items()}
        self._digest = module_digest(module)

    @contextmanager
    def along(self, *steps: tuple[float, Direction]) -> Iterator[None]:
        """Within it, the weights are θ + Σ αᵢ dᵢ.

        Args:
            steps: each an α and a direction.
        """

        def move(name: str, here: torch.Tensor, out: torch.Tensor) -> None:
            start = here
            for alpha, direction in steps:
                if name in direction:
                    torch.add(start, direction[name], alpha=alpha, out=out)
                    start = out

        with self._moved(move):
            yield

    @contextmanager
    def between(self, other: Weights, share: float) -> Iterator[None]:
        """Within it, the weights are (1 − x) θ + x θ', beyond both ends too; at x = 1 exactly θ'.

        Args:
            other: tensors by name; of one with fewer rows, these rows alone are moved, and of names that it does not
                have, none.
            share: x.
        """

        def move(name: str, here: torch.Tensor, out: torch.Tensor) -> None:
            if name in other:
                rows = slice(0, min(len(here), len(other[name]))) if here.ndim else ...
                torch.lerp(here[rows], other[name][rows].to(here), share, out=out[rows])

        with self._moved(move):
            yield

    @contextmanager
    def _moved(self, move: Callable[[str, torch.Tensor, torch.Tensor], None]) -> Iterator[None]:
        if module_digest(self._module) != self._digest:
            raise ModelError(
                f"The weights of {self._name} were changed since they were copied (a training that goes on?). Measure "
                "a copy of the model, or when nobody trains it."
            )
        try:
            with torch.no_grad():
                for name, parameter in self._parameters.items():
                    move(name, self.weights[name], parameter.data)
            yield
        finally:
            self._give_back()

    def _give_back(self) -> None:
        """Ctrl-C meanwhile is heard once all is given back: copying again does no harm."""
        stopped: KeyboardInterrupt | None = None
        while True:
            try:
                with torch.no_grad():
                    for name, parameter in self._parameters.items():
                        parameter.data.copy_(self.weights[name])
                is_whole = module_digest(self._module) == self._digest
                break
            except KeyboardInterrupt as error:
                stopped = error
        if not is_whole:
            raise ModelError(
                f"The weights of {self._name} could not be given back as they were. Load the model again before it is "
                "used for anything else."
            )
        if stopped is not None:
            raise stopped


def check_movable(module: nn.Module, name: str) -> None:
    """Raises ModelError for weights that no small step can be added to."""
    if getattr(module, "peft_config", None):
        raise ModelError(
            f"{name} is an adapter on another model, whose weights are not the ones that compute. Merge it first: "
            "model.merge_and_unload(), or name the adapter's folder."
        )
    for which, parameter in module.named_parameters():
        if parameter.device.type == "meta":
            raise ModelError(
                f"{name}: {which} is not in memory (a device map put it elsewhere), and every weight is moved. Load "
                "the model on one device, or take a smaller one."
            )
        if parameter.dtype not in MOVABLE or hasattr(parameter, "__tensor_flatten__"):
            raise ModelError(
                f"{name}: {which} is {str(parameter.dtype).removeprefix('torch.')}, in which a step of a hundredth is "
                f"lost in rounding. Load the model in {option('dtype', 'float32')}, not quantised."
            )
    if not any(parameter.ndim > 1 for parameter in module.parameters()):
        raise ModelError(f"{name} has no matrix that could be moved.")
