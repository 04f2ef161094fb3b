"""Numbers that are no numbers: are they in the weights, or do the states outgrow the format they are computed in?

Knows parameters and buffers. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from llmgeo.errors import NonFiniteStatesError
from llmgeo.messages import option
from llmgeo.model.placement import parameters


def require_finite_weights(model: nn.Module, *, offloaded: bool = False) -> None:
    """Refuses a model whose weights hold NaN or infinity. Attention may well turn them into zeros without a word.

    Args:
        offloaded: look at parts too that have to be brought from the disk.

    Raises:
        NonFiniteStatesError: the first tensor that holds any, and how many do.
    """
    broken = list(_not_finite(model, offloaded))
    if broken:
        first, count, numbers = broken[0]
        others = f", and {len(broken) - 1} other tensors hold some too" if len(broken) > 1 else ""
        raise NonFiniteStatesError(
            f"The weights of {type(model).__name__} hold NaN or infinity: {count:,} of the {numbers:,} numbers of "
            f"{first}{others}. The training went wrong, or the file is damaged. Take an earlier checkpoint, or "
            "download the model again."
        )


def require_finite_states(model: nn.Module, states: torch.Tensor, logits: torch.Tensor) -> None:
    """Refuses a model that gives NaN or infinity for a short text.

    Args:
        states: ``[B, L+1, T, D]`` of every layer.
        logits: ``[B, T, V]``. Minus infinity is a token that can never come, and allowed.

    Raises:
        NonFiniteStatesError: the states overflow the model's number format.
    """
    finite = torch.isfinite(states).all(dim=-1).all(dim=-1).all(dim=0)
    has_states = bool(finite.all())
    if has_states and not bool(logits.isnan().any() or logits.isposinf().any()):
        return
    require_finite_weights(model, offloaded=True)
    where = "the logits" if has_states else f"layer {int((~finite).nonzero()[0])}"
    raise NonFiniteStatesError(overflow(type(model).__name__, where, states.dtype))


def overflow(name: str, where: str, dtype: torch.dtype) -> str:
    """What to say of a model whose weights are finite and whose states are not."""
    largest = torch.finfo(dtype).max
    written = str(dtype).removeprefix("torch.")
    advice = "its weights are far too large"
    if dtype == torch.float16:
        advice = f"load it with {option('dtype', 'bfloat16')} or {option('dtype', 'float32')}"
    return f"{name} overflows {written}, whose largest number is {largest:.3g}, at {where}: {advice}."


def _not_finite(model: nn.Module, offloaded: bool) -> Iterator[tuple[str, int, int]]:
    """Name, count of bad numbers and size of every tensor that holds any; buffers may hold infinity, as masks do."""
    weights = parameters(model) if offloaded else model.named_parameters()
    for name, tensor in weights:
        yield from _counted(name, tensor, lambda numbers: ~torch.isfinite(numbers))
    for name, tensor in model.named_buffers():
        yield from _counted(name, tensor, torch.isnan)


_PLAIN = (torch.Tensor, nn.Parameter)
"""Those that quantised weights come as know few operations, and are made of finite codes."""


def _counted(
    name: str, tensor: torch.Tensor, is_bad: Callable[[torch.Tensor], torch.Tensor]
) -> Iterator[tuple[str, int, int]]:
    if not tensor.is_floating_point() or tensor.device.type == "meta" or type(tensor) not in _PLAIN:
        return
    numbers = tensor.detach()
    numbers = numbers.float() if numbers.itemsize == 1 else numbers  # 8-bit formats have no sum
    # A finite sum has finite terms, so the usual answer costs one pass and no memory.
    if not torch.isfinite(numbers.sum(dtype=torch.float32)) and (count := int(is_bad(numbers).sum())):
        yield name, count, tensor.numel()
