"""A few short passes at load: are the blocks found really the ones whose outputs are the hidden states?

Knows transformers' ``output_hidden_states`` as the reference, and what a family can and cannot do: padding, a cache,
explicit positions. Does not know how the blocks were found. A model that fails is refused with the reason; nothing is
measured on a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import ModelError
from llmgeo.messages import option
from llmgeo.model.capture.hooks import Layout
from llmgeo.model.context import longest_text
from llmgeo.model.forward_pass import ModelCaller, logits_in
from llmgeo.model.placement import input_device
from llmgeo.model.verify.capabilities import FORWARD_ERRORS, ROWS, TOKENS, CapabilityCheck, explained
from llmgeo.model.verify.finiteness import require_finite_states, require_finite_weights
from llmgeo.model.verify.observation import ObservedPass, observe


@dataclass(frozen=True)
class Verified:
    """What the passes established.

    Attributes:
        width: the hidden size D of every block's output.
        dtype, device: of the blocks' outputs.
        layout: where batch, positions and streams lie in an output; several streams a token are averaged.
        ran: the blocks that run on text, by their place in the list. Mllama's cross-attention blocks need an image.
        offset: place of the embedding output in transformers' own list of hidden states plus one; 0 where that list
            begins with the first block's output (the Mamba kind, RWKV), None where there was no list to compare with.
        reference: what the states were compared with: ``"hidden_states"`` of transformers; ``"chain"``: each block's
            output is the next one's input; ``"none"``: only the number of calls and the shapes were checked.
        padding: rows of different lengths may share a batch; otherwise each runs alone.
        cache: with which cache a generation gives the states of one pass: one that grows ``"in place"``, the model's
            ``"own"``, or ``"none"``.
        first_position: the position id of a text's first token where ids are given explicitly, else None.
        head_apart: the head applied to the decoder's output gives the model's logits, so that logits can be computed
            for a few positions at a time. Where a model scales or caps its logits, they are computed all at once.
    """

    width: int
    dtype: torch.dtype
    device: torch.device
    layout: Layout
    ran: tuple[int, ...]
    offset: int | None
    reference: str
    padding: bool
    cache: str
    first_position: int | None
    head_apart: bool

    def record(self) -> dict[str, Any]:
        """What a run's manifest should tell of the capture, as plain values."""
        return {
            "streams": self.layout.streams,
            "streams_combined": "mean" if self.layout.streams > 1 else None,
            "blocks_run": list(self.ran),
            "offset": self.offset,
            "verified_by": self.reference,
            "padding": self.padding,
            "cache": self.cache,
            "first_position": self.first_position,
            "states_dtype": str(self.dtype).removeprefix("torch."),
        }


@torch.no_grad()
def verify(model: PreTrainedModel, blocks: nn.ModuleList, path: str, *, named: bool = False) -> Verified:
    """Run short texts and compare what the blocks give with what transformers says.

    Two rows of the batch differ in their last token only: the earlier states must not differ, or the model looks
    ahead and is not causal. Then the same tokens are generated, in rows padded on the left, and read in rows padded on
    the right; each time the states must be those of the first pass.

    Args:
        named: the user named the blocks, so that a model without hidden states to compare with is taken as well.

    Raises:
        NonFiniteStatesError: states or logits are not finite; the message says whether the weights are.
        ModelError: what was captured is not the hidden states, or the model is not causal.
    """
    name = type(model).__name__
    _require_room(model, name)
    require_finite_weights(model)
    ids = _short_texts(model)
    with explained(name, "cannot read a short text by itself"):
        output, observed = observe(
            model, blocks, lambda: ModelCaller(model).read(ids, torch.ones_like(ids), output_hidden_states=True)
        )
    where = f"{name} ({path})"
    states, layout = observed.states(where, ROWS, TOKENS)
    require_finite_states(model, states, logits_in(output))
    offset, reference = _compare(states, layout, getattr(output, "hidden_states", None), observed, where, named)
    _require_causal(states, name)
    check = CapabilityCheck(model, [blocks[i] for i in observed.ran], layout, ids, states)
    with explained(name, "cannot generate"):
        first_position, reads_padded = check.find_positions()
        padding, cache = check.find_cache(first_position, reads_padded, name)
    return Verified(
        width=layout.width,
        dtype=states.dtype,
        device=observed.device,
        layout=layout,
        ran=observed.ran,
        offset=offset,
        reference=reference,
        padding=padding,
        cache=cache,
        first_position=first_position,
        head_apart=_head_apart(model, ModelCaller(model, first_position), ids, logits_in(output)),
    )


def _require_room(model: PreTrainedModel, name: str) -> None:
    longest = longest_text(model)
    if longest is not None and longest < TOKENS:
        raise ModelError(
            f"{name} reads at most {longest} tokens, and the texts by which its states are checked have {TOKENS}, so "
            "it is not measured."
        )


def _short_texts(model: PreTrainedModel) -> torch.Tensor:
    vocabulary = model.get_input_embeddings().num_embeddings
    rows = torch.arange(ROWS).clamp(min=1).unsqueeze(1)  # the first two are the same, but for their last token
    ids = (torch.arange(TOKENS) * 7 + rows * 13 + 3) % vocabulary
    ids[1, -1] = (ids[1, -1] + 1) % vocabulary
    return ids.to(input_device(model))


def _compare(
    states: torch.Tensor,
    layout: Layout,
    hidden_states: Sequence[torch.Tensor] | None,
    observed: ObservedPass,
    where: str,
    named: bool,
) -> tuple[int | None, str]:
    """The offset of transformers' list, and what the states were compared with."""
    if not hidden_states:
        reference = "chain" if observed.is_chain() else "none"
        if reference == "none" and not named:
            raise ModelError(
                f"{where}: the model gives no hidden states to compare with, and the outputs of the blocks found are "
                f"not each other's inputs. Name the list of its decoder blocks: {option('blocks', 'model.layers')}"
            )
        return None, reference
    reference = hidden_states[:-1]  # the last one has passed the final norm in most families
    layers = states.shape[1]
    # Most families list the embedding output first; the Mamba kind and RWKV list only the blocks' outputs.
    for offset in (1, 0):
        own = [states[:, i + 1 - offset] for i in range(min(len(reference), layers - 1 + offset))]
        whole = len(own) == len(reference) and len(reference) + 2 - offset >= layers
        if whole and all(_same(a, b, layout) for a, b in zip(own, reference, strict=True)):
            return offset, "hidden_states"
    raise ModelError(
        f"{where}: the outputs of the blocks found there are not the model's own hidden states, so they are not "
        f"measured. If the decoder blocks lie elsewhere, name their list: {option('blocks')}"
    )


def _same(own: torch.Tensor, theirs: torch.Tensor, layout: Layout) -> bool:
    if Layout.of(theirs.shape, ROWS, TOKENS) not in (layout, Layout(layout.width)):
        return False
    return torch.equal(own, layout.read(theirs).to(own))


def _require_causal(states: torch.Tensor, name: str) -> None:
    ahead = (states[0, :, :-1].float() - states[1, :, :-1].float()).norm()
    if ahead > 16 * torch.finfo(states.dtype).eps * states[0].float().norm():
        raise ModelError(
            f"{name} is not a causal language model: changing the last token changes the states before it. Encoder "
            "models read both ways; name a model that generates, such as gpt2."
        )


def _head_apart(model: PreTrainedModel, caller: ModelCaller, ids: torch.Tensor, logits: torch.Tensor) -> bool:
    head, decoder = model.get_output_embeddings(), model.get_decoder()
    if head is None or decoder is None or decoder is model:
        return False
    try:
        hidden = caller.head_inputs(ids, torch.ones_like(ids))
        apart = head(hidden)
    except FORWARD_ERRORS:
        return False  # this family's head or decoder takes something else; its logits are computed whole
    return apart.shape == logits.shape and torch.allclose(apart.to(logits.device), logits, rtol=1e-4, atol=1e-5)
