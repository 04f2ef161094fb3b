"""What a model predicts when one token's state is cut down to a few dimensions after every block (Sarfati et al. 2024).

The last token's state alone is projected; what it reads of earlier tokens is what they are. Knows blocks, hooks and
passes; not where the dimensions come from, or how two predictions are compared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError, UsageError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.forward_pass import logits_in
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.passes import one_pass
from llmgeo.model.threads import threads_for


def check_truncates(model: LanguageModel) -> None:
    """Raises ModelError for a model whose tokens have no one state that could be cut down."""
    if (streams := model.verified.layout.streams) > 1:
        raise ModelError(
            f"{model.name}: its blocks carry {streams} residual streams a token, so there is no one state to cut down."
        )


def truncated_logits(
    model: LanguageModel, ids: Sequence[int], axes: Sequence[torch.Tensor], kept: Sequence[int]
) -> torch.Tensor:
    """The logits behind a text, as the model computes them, and with the last token's state projected.

    Args:
        ids: of the text.
        axes: one ``[D, R]`` orthonormal matrix a block, most important axis first.
        kept: numbers of axes; with ``kept[i]`` of them the state x after each block becomes U Uᵀ x.

    Returns:
        ``[1 + len(kept), V]`` float32 on the CPU; the first row is of the model as it is.

    Raises:
        UsageError: as `LanguageModel.read`; axes that do not fit the model.
        ModelError: see `check_truncates`.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> whole = [torch.eye(model.width)] * model.layers
        >>> logits = truncated_logits(model, model.encode("A path"), whole, [4, model.width])
        >>> torch.equal(logits[0], logits[2]), torch.equal(logits[0], logits[1])
        (True, False)
    """
    check_truncates(model)
    ids = model.encode(ids, "the text")
    model.check_fits(ids, 0, "the text")
    if len(axes) != model.layers or any(len(matrix) != model.width for matrix in axes):
        raise UsageError(f"axes must be one [{model.width}, R] matrix for each of the {model.layers} blocks.")
    rows = [None, *kept]
    size = len(rows) if model.verified.padding else 1
    with one_pass(model.hf, "truncated_logits"), threads_for(model.parameters):
        parts = [_pass(model, ids, axes, rows[start : start + size]) for start in range(0, len(rows), size)]
    return torch.cat(parts)


def _pass(
    model: LanguageModel, ids: tuple[int, ...], axes: Sequence[torch.Tensor], rows: Sequence[int | None]
) -> torch.Tensor:
    """``[rows, V]`` logits of copies of the text, each with its number of axes kept; None: all of the state."""
    batch, mask = model.runner.pad([ids] * len(rows), left=False)
    caller = model.runner.caller
    with _projected(model.blocks, axes, rows):
        if model.verified.head_apart:
            logits = model.hf.get_output_embeddings()(caller.head_inputs(batch, mask)[:, -1])
        else:
            logits = logits_in(caller.read(batch, mask))[:, -1]
    return logits.float().cpu()


@contextmanager
def _projected(blocks: Sequence[nn.Module], axes: Sequence[torch.Tensor], rows: Sequence[int | None]) -> Iterator[None]:
    """Within it, this thread's passes lose what lies outside the kept axes, in the last position of each row."""
    with ExitStack() as hooks:
        for block, matrix in zip(blocks, axes, strict=True):
            hooks.callback(block.register_forward_hook(_projector(matrix, rows)).remove)
        yield


def _projector(axes: torch.Tensor, rows: Sequence[int | None]) -> Callable[..., None]:
    thread = threading.get_ident()

    def project(module: nn.Module, args: tuple, output: Any) -> None:
        if threading.get_ident() != thread:
            return
        hidden = hidden_of(output)
        for row, count in enumerate(rows):
            if count is not None:
                span = axes[:, :count]
                state = hidden[row, -1].to(span.device, span.dtype)
                hidden[row, -1] = (span @ (span.T @ state)).to(hidden.device, hidden.dtype)

    return project
