"""The final norm of a model, found by what it does: the part between the last block and the output head.

Knows the decoder's own parts and hooks. Does not know norms, or what is measured in their frame.
"""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import hidden_given, hidden_of
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.passes import in_eval, one_pass, plain_numbers


def find_final_norm(model: LanguageModel) -> nn.Module:
    """The part of the decoder that is given the last block's output and gives what the head is given.

    Raises:
        ModelError: no part of the decoder does that.

    Example:
        >>> import llmgeo
        >>> type(find_final_norm(llmgeo.load("toy"))).__name__
        'LlamaRMSNorm'
    """
    decoder = model.hf.get_decoder()
    seen: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}
    thread = threading.get_ident()

    def look(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        if threading.get_ident() == thread:
            try:
                seen[module] = hidden_given(args, kwargs), hidden_of(output)
            except ModelError:
                return

    parts = [part for name, part in decoder.named_children() if not isinstance(part, nn.ModuleList)]
    hooks = [part.register_forward_hook(look, with_kwargs=True) for part in parts]
    try:
        [batch] = model.read_batches([tuple(range(1, 9))], batch_size=1)
        last = batch.hand_over()[0].states[-1].cpu()
    finally:
        for hook in hooks:
            hook.remove()
    for part, (given, gave) in reversed(seen.items()):
        if given.shape == gave.shape == (1, *last.shape) and torch.equal(given[0].cpu(), last):
            return part
    raise ModelError(
        f"{model.name}: no part of {type(decoder).__name__} takes the last block's output to the output head, so that "
        "there is no frame of the final norm."
    )


def after_final_norm(model: LanguageModel, norm: nn.Module, states: torch.Tensor) -> torch.Tensor:
    """States of any layer as the final norm would hand them to the head: ``[..., D]``, in float32, on the CPU."""
    parameter = next(norm.parameters(), None)
    device = states.device if parameter is None else parameter.device
    dtype = model.verified.dtype
    with one_pass(model.hf, "final norm"), plain_numbers(device.type), in_eval(norm):
        return norm(states.to(device, dtype)).float().cpu()
