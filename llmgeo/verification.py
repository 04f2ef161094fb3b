"""One short forward pass at load: are the blocks found really the ones whose outputs are the hidden states?

Knows transformers' ``output_hidden_states`` as the reference. Does not know how the blocks were found. A model that
fails is refused with the reason; nothing is measured on a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.capture import Capture
from llmgeo.errors import ModelError

TOKENS = 8


@dataclass(frozen=True)
class Verified:
    """What the pass established.

    Attributes:
        width: the hidden size D of every block's output.
        dtype, device: of the blocks' outputs.
        head_apart: the head applied to the decoder's output gives the model's logits, so that logits can be computed
            for a few positions at a time. Where a model scales or caps its logits, they are computed all at once.
    """

    width: int
    dtype: torch.dtype
    device: torch.device
    head_apart: bool


@torch.inference_mode()
def verify(model: PreTrainedModel, blocks: nn.ModuleList, path: str) -> Verified:
    """Capture a short sequence and compare it with transformers' own hidden states, in one pass.

    The batch holds two rows that differ in their last token only: the earlier states must not differ, or the model
    looks ahead and is not causal.

    Raises:
        ModelError: what was captured is not the hidden states, or the model is not causal.
    """
    name = type(model).__name__
    device = model.get_input_embeddings().weight.device
    vocabulary = model.get_input_embeddings().num_embeddings
    ids = ((torch.arange(TOKENS, device=device) * 7 + 11) % vocabulary).repeat(2, 1)
    ids[1, -1] = (ids[1, -1] + 1) % vocabulary
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}
    width = model.config.get_text_config().hidden_size
    weight = next(blocks.parameters())
    with Capture(blocks, batch=2, tokens=TOKENS, width=width, dtype=weight.dtype, device=weight.device) as capture:
        output = model(**inputs, output_hidden_states=True, return_dict=True)
    _compare(capture.states, output.hidden_states, f"{name} ({path})")
    _require_causal(capture.states, name)
    return Verified(width, weight.dtype, weight.device, _head_apart(model, inputs, output.logits))


def _compare(captured: torch.Tensor, reference: tuple[torch.Tensor, ...] | None, where: str) -> None:
    if not reference:
        raise ModelError(f"{where}: the model gives no hidden states to verify against, so it is not measured.")
    reference = reference[:-1]  # the last one has passed the final norm in most families
    layers = captured.shape[1]
    # Most families list the embedding output first; the Mamba kind and RWKV list only the blocks' outputs.
    for offset in (0, 1):
        own = [captured[:, i + offset] for i in range(min(len(reference), layers - offset))]
        whole = len(own) == len(reference) and len(reference) + 1 + offset >= layers
        if whole and all(
            a.shape == b.shape and torch.equal(a, b.to(a.device)) for a, b in zip(own, reference, strict=True)
        ):
            return
    raise ModelError(
        f"{where}: the outputs of the blocks found there are not the model's own hidden states, so they are not "
        "measured. If the decoder blocks lie elsewhere, name their list with --blocks."
    )


def _require_causal(captured: torch.Tensor, name: str) -> None:
    ahead = (captured[0, :, :-1].float() - captured[1, :, :-1].float()).norm()
    if ahead > 16 * torch.finfo(captured.dtype).eps * captured[0].float().norm():
        raise ModelError(
            f"{name} is no causal language model: changing the last token changes the states before it. Encoder models "
            "read both ways; name a model that generates, such as gpt2."
        )


def _head_apart(model: PreTrainedModel, inputs: dict, logits: torch.Tensor) -> bool:
    head, decoder = model.get_output_embeddings(), model.get_decoder()
    if head is None or decoder is None or decoder is model:
        return False
    hidden = decoder(**inputs, return_dict=True).last_hidden_state
    if hidden.shape[-1] != getattr(head, "in_features", hidden.shape[-1]):
        return False
    apart = head(hidden)
    return apart.shape == logits.shape and torch.allclose(apart, logits, rtol=1e-4, atol=1e-5)
