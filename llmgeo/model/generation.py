"""Generate a batch of padded rows, and let the rows that ended go.

Knows batches, limits and end tokens. Does not know how a token is chosen, what its states are or where they are kept: a
chooser and a store are told which rows stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import nn
from transformers import StoppingCriteria

from llmgeo.model.capture.hooks import Capture, Layout
from llmgeo.model.capture.store import Store
from llmgeo.model.forward_pass import ModelCaller

LEAVE_AT = 1 / 8
"""The share of a batch that has ended when the others go on without it: to part costs a copy of the cache."""


class Chooser(Protocol):
    """Leaves one best token a row in the scores it is given, and goes on with fewer rows when told."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor: ...

    def keep(self, places: torch.Tensor) -> None: ...


def continue_rows(
    caller: ModelCaller,
    blocks: Sequence[nn.Module],
    ids: torch.Tensor,
    mask: torch.Tensor,
    limits: Sequence[int],
    chooser: Chooser,
    store: Store,
    layout: Layout,
    *,
    end_tokens: Sequence[int] = (),
    pad_token: int = 0,
    on_token: Callable[[int], None] | None = None,
) -> torch.Tensor:
    """Continue rows ``[B, T]``, padded on the left, and store every layer's state at every token, the last included.

    A row ends when its end token, or as many new tokens as its limit says, have been fed to the model: one more token
    is chosen, and means nothing. Ended rows leave the batch where the cache allows it.

    Args:
        limits: new tokens of each row.
        on_token: called with each step's number of tokens; the step that feeds the last ones to the model writes none.

    Returns:
        ``[B, max(limits)]`` new tokens on the host; what follows a row's end means nothing.
    """
    length, most = ids.shape[1], max(limits)
    generated = torch.full((len(ids), most + 1), pad_token, dtype=torch.long)
    cache = caller.new_cache(length + most + 1)
    rows, ends = torch.arange(len(ids)), torch.tensor(limits)
    with Capture(blocks, store, layout, one_by_one=True) as capture:
        while len(rows):
            ended = RowsEnded(end_tokens, ends[rows], length, may_leave=cache is not None)
            ticker = [] if on_token is None else [_Ticker(on_token, capture, end_tokens, length, most)]
            new = length + most + 1 - ids.shape[1]
            output = caller.generate_tokens(ids, mask, new, [chooser, *ticker], [ended], pad_token, cache)
            generated[rows, : output.shape[1] - length] = output[:, length:].cpu()
            staying = (~ended.rows).nonzero().flatten()
            rows = rows[staying.cpu()]
            if len(rows):
                cache.batch_select_indices(staying)
                chooser.keep(staying.cpu())
                store.keep(staying.cpu())
                ids = output[staying]
                mask = torch.nn.functional.pad(mask[staying], (0, ids.shape[1] - mask.shape[1]), value=1)
    return generated[:, :most]


class RowsEnded(StoppingCriteria):
    """A row ends one token *after* its last, so that the last token too is fed to the model and has its state.

    Args:
        end_tokens: tokens that end a text.
        limits: ``[B]`` how many new tokens end it.
        prompt_length: padding included.
        may_leave: stop once enough rows have ended, for the others to go on without them.

    Attributes:
        rows: ``[B]`` bool, which rows have ended.
    """

    def __init__(self, end_tokens: Sequence[int], limits: torch.Tensor, prompt_length: int, *, may_leave: bool = False):
        self.end_tokens = torch.tensor(sorted(end_tokens), dtype=torch.long)
        self.limits = limits
        self.prompt_length = prompt_length
        self.may_leave = may_leave
        self.rows = torch.zeros(len(limits), dtype=torch.bool)

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: object) -> torch.BoolTensor:
        fed = input_ids[:, self.prompt_length : -1]
        self.rows = torch.isin(fed, self.end_tokens.to(fed.device)).any(dim=-1)
        self.rows |= (self.limits <= fed.shape[1]).to(fed.device)
        if self.may_leave and self.rows.sum() >= LEAVE_AT * len(self.rows):
            return torch.ones_like(self.rows)
        return self.rows


class _Ticker:
    """A logits processor that changes nothing and tells how many rows write a token in a step; what whoever is told
    does with the model is not captured.

    Args:
        end_tokens, prompt_length: as in `RowsEnded`. most: new tokens of the longest row.
    """

    def __init__(
        self,
        on_token: Callable[[int], None],
        capture: Capture,
        end_tokens: Sequence[int],
        prompt_length: int,
        most: int,
    ):
        self.on_token = on_token
        self.capture = capture
        self.end_tokens = torch.tensor(sorted(end_tokens), dtype=torch.long)
        self.prompt_length = prompt_length
        self.most = most

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        written = input_ids[:, self.prompt_length :]
        if written.shape[1] < self.most:
            has_ended = torch.isin(written, self.end_tokens.to(written.device)).any(dim=-1)
            with self.capture.paused():
                self.on_token(len(written) - int(has_ended.sum()))
        return scores
