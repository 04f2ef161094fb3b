"""Numbers that are no numbers: are they in the weights, or do the states outgrow the format they are computed in?

Knows parameters and buffers. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import torch
from torch import nn

from llmgeo.errors import NonFiniteStatesError
from llmgeo.messages import option
from llmgeo.model.placement import parameters


def require_finite(model: nn.Module, states: torch.Tensor, logits: torch.Tensor) -> None:
    """Refuses a model that gives NaN or infinity for a short text.

    Args:
        states: ``[B, L+1, T, D]`` of every layer.
        logits: ``[B, T, V]``. Minus infinity is a token that can never come, and allowed.

    Raises:
        NonFiniteStatesError: the weights hold NaN or infinity, or the states overflow the model's number format.
    """
    finite = torch.isfinite(states).all(dim=-1).all(dim=-1).all(dim=0)
    bad_logits = logits.isnan().any() or logits.isposinf().any()
    if bool(finite.all()) and not bool(bad_logits):
        return
    name = type(model).__name__
    broken = list(_not_finite(model))
    if broken:
        first, count, numbers = broken[0]
        others = f", and {len(broken) - 1} other tensors hold some too" if len(broken) > 1 else ""
        raise NonFiniteStatesError(
            f"The weights of {name} hold NaN or infinity: {count:,} of the {numbers:,} numbers of {first}{others}. "
            "The training went wrong, or the file is damaged. Take an earlier checkpoint, or download the model again."
        )
    where = "the logits" if bool(finite.all()) else f"layer {int((~finite).nonzero()[0])}"
    raise NonFiniteStatesError(overflow(name, where, states.dtype))


def overflow(name: str, where: str, dtype: torch.dtype) -> str:
    """What to say of a model whose weights are finite and whose states are not."""
    largest = torch.finfo(dtype).max
    written = str(dtype).removeprefix("torch.")
    advice = "its weights are far too large"
    if dtype == torch.float16:
        advice = f"load it with {option('dtype', 'bfloat16')} or {option('dtype', 'float32')}"
    return f"{name} overflows {written}, whose largest number is {largest:.3g}, at {where}: {advice}."


def _not_finite(model: nn.Module) -> Iterator[tuple[str, int, int]]:
    """Name, count of bad numbers and size of every tensor that holds any, one offloaded part at a time."""
    for name, tensor in chain(parameters(model), model.named_buffers()):
        if tensor.is_floating_point() and tensor.device.type != "meta":
            numbers = tensor.detach()
            numbers = numbers.float() if numbers.itemsize == 1 else numbers  # 8-bit formats lack isfinite
            bad = tensor.numel() - int(torch.isfinite(numbers).sum())
            if bad:
                yield name, bad, tensor.numel()
