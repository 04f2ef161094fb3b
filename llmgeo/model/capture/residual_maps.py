"""The matrices that mix a token's residual streams from one sub-layer to the next, as the model computes them, checked.

A block with n streams X [n, D] gives H X + p fᵀ: the streams mixed by H [n, n], plus one vector f that its attention or
MLP adds to every stream in its own measure p. So what is left of the next streams without H X has rank one, and that is
how a map is known, and which way round it is: nothing is known of any family, and a wrong guess is refused. Knows
blocks and hooks; not what is measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import Layout, hidden_given, hidden_of
from llmgeo.model.language_model import LanguageModel

RANK_ONE = {torch.float32: 1e-3, torch.float64: 1e-6}
"""How large the second singular value of what is left may be, beside the length of the streams; 16 bits: ``ROUGH``."""

ROUGH = 5e-2

TURNED, AS_GIVEN, IDENTITY = "turned", "given", "identity"
"""How a matrix may be read. One way holds for the whole model: where all streams are alike, as behind the embedding,
any matrix leaves one vector."""


@dataclass(frozen=True)
class ResidualMaps:
    """The residual maps of one text's pass.

    Attributes:
        maps: ``[M, T, n, n]`` float32 on the CPU, in the order in which they act: H of X ← H X + …
        parts: the names of the sub-layers' parts that gave them, "block 1 attn_hc".
        is_identity: whether streams are only added to, so that every map is the identity.
    """

    maps: torch.Tensor
    parts: tuple[str, ...]
    is_identity: bool


@dataclass
class _Reader:
    """A part of a block that is given all streams.

    Attributes:
        streams: ``[T, n, D]`` that it was given. matrices: ``[T, n, n]`` each, among what it gave.
    """

    name: str
    streams: torch.Tensor
    matrices: list[torch.Tensor]


def read_residual_maps(model: LanguageModel, ids: Sequence[int]) -> ResidualMaps:
    """The maps between a text's residual streams.

    Raises:
        UsageError: as `LanguageModel.read`.
        ModelError: the blocks hand on one vector a token (one stream, or several side by side that are only added to:
            Qwen 4's), whose residual map is the identity; or several, and how they are mixed is not known.
    """
    layout = model.verified.layout
    if layout.streams < 2:
        raise ModelError(
            f"{model.name}: the residual map is the identity: its blocks hand on one vector a token, which is added to "
            "and never mixed."
        )
    with _readers(model, layout) as (readers, outputs):
        for _ in model.read_batches([tuple(ids)], batch_size=1):
            pass
    steps = list(_steps(model, readers, outputs))
    tolerance = RANK_ONE.get(model.verified.dtype, ROUGH)
    parts = tuple(f"block {block} {reader.name}" for block, reader, _ in steps)
    wrong: list[str] = []
    for way in [*_ways(steps), IDENTITY]:
        maps = [_matrix(reader, way) for _, reader, _ in steps]
        wrong = [
            part
            for part, matrix, (_, reader, after) in zip(parts, maps, steps, strict=True)
            if not _leaves_one_vector(matrix, reader.streams, after, tolerance)
        ]
        if not wrong:
            return ResidualMaps(torch.stack(maps), parts, way == IDENTITY)
    raise ModelError(
        f"{model.name}: what {wrong[0]} does to the streams is no matrix that it gives and one vector added to all, so "
        "their map is not known."
    )


def _steps(
    model: LanguageModel, readers: Sequence[Sequence[_Reader]], outputs: Sequence[torch.Tensor]
) -> Iterator[tuple[int, _Reader, torch.Tensor]]:
    """Each reader with its block's number, and the streams ``[T, n, D]`` that come after it."""
    for block, (found, output) in enumerate(zip(readers, outputs, strict=True), start=1):
        if not found:
            raise ModelError(f"{model.name}: no part of block {block} is given all streams, so their map is not known.")
        for reader, after in zip(found, [*(later.streams for later in found[1:]), output], strict=True):
            yield block, reader, after


def _ways(steps: Sequence[tuple[int, _Reader, torch.Tensor]]) -> list[str]:
    """The ways in which every reader's matrices can be read: which of them, and which way round."""
    count = min(len(reader.matrices) for _, reader, _ in steps)
    return [f"{turn} {place}" for place in range(count) for turn in (TURNED, AS_GIVEN)]


def _matrix(reader: _Reader, way: str) -> torch.Tensor:
    """``[T, n, n]`` float32."""
    if way == IDENTITY:
        return torch.eye(reader.streams.shape[1]).expand(len(reader.streams), -1, -1)
    turn, place = way.split()
    matrix = reader.matrices[int(place)].float()
    return matrix.transpose(-1, -2) if turn == TURNED else matrix


def _leaves_one_vector(matrix: torch.Tensor, before: torch.Tensor, after: torch.Tensor, tolerance: float) -> bool:
    """Whether the streams after, less the mixed ones before, have rank one at every token."""
    second = torch.linalg.svdvals(after.float() - matrix @ before.float())[:, 1]
    return bool((second <= tolerance * torch.linalg.matrix_norm(after.float())).all())


@contextmanager
def _readers(model: LanguageModel, layout: Layout) -> Iterator[tuple[list[list[_Reader]], list[torch.Tensor]]]:
    """Within it, what the parts of every block read and give in this thread's passes, and what the blocks give."""
    thread = threading.get_ident()
    readers: list[list[_Reader]] = [[] for _ in model.blocks]
    outputs: list[torch.Tensor] = [torch.empty(0) for _ in model.blocks]

    def look(block: int, name: str) -> Callable[..., None]:
        def keep(module: torch.nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
            if threading.get_ident() != thread:
                return
            try:
                given = hidden_given(args, kwargs)
            except ModelError:
                return
            if (streams := _streams_of(given, layout)) is not None:
                given_out = output if isinstance(output, (tuple, list)) else (output,)
                square = (len(streams), layout.streams, layout.streams)
                matrices = [
                    each.detach()[0].cpu()
                    for each in given_out
                    if isinstance(each, torch.Tensor) and each.dim() == 4 and tuple(each.shape[1:]) == square
                ]
                readers[block].append(_Reader(name, streams, matrices))

        return keep

    def end(block: int) -> Callable[..., None]:
        def keep(module: torch.nn.Module, args: tuple, output: Any) -> None:
            if threading.get_ident() == thread and (streams := _streams_of(hidden_of(output), layout)) is not None:
                outputs[block] = streams

        return keep

    with ExitStack() as hooks:
        for place, block in enumerate(model.blocks):
            for name, part in block.named_children():
                hooks.callback(part.register_forward_hook(look(place, name), with_kwargs=True).remove)
            hooks.callback(block.register_forward_hook(end(place)).remove)
        yield readers, outputs


def _streams_of(hidden: torch.Tensor, layout: Layout) -> torch.Tensor | None:
    """``[T, n, D]`` on the CPU of a batch of one; None for a tensor that does not hold all streams."""
    if hidden.dim() != 4 or hidden.shape[layout.order[2]] != layout.streams or hidden.shape[3] != layout.width:
        return None
    ordered = hidden.permute(*layout.order, 3)
    return ordered[0].detach().to("cpu", copy=True) if len(ordered) == 1 else None
