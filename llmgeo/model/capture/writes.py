"""What each block's attention and MLP add to the residual stream, taken as the model computes it, and checked.

The rule: among the outputs of a block's own parts, in the order in which they run, the first pair that, added to the
block's input, gives its output: attention and MLP, or the norms behind them in families that have such. So nothing is
known of any family, and a wrong guess is refused: blocks that scale what they add, or add it inside their parts, or
that have one part only (Mamba), are said to have no such pair. Knows blocks and hooks; not what is measured.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from torch import nn

from llmgeo.errors import ModelError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.language_model import LanguageModel

CLOSE = {torch.float32: 1e-3, torch.float64: 1e-6}
"""How far input + attention + MLP may lie from a block's output, beside the output's length; 16 bits: ``ROUGH``."""

ROUGH = 3e-2


@dataclass(frozen=True)
class Writers:
    """The parts of each block, by their names in it, whose outputs are added to the residual stream.

    Attributes:
        attention, mlp: one name a block.
    """

    attention: tuple[str, ...]
    mlp: tuple[str, ...]


@dataclass(frozen=True)
class Writes:
    """What the blocks of one text's pass were given and added, on the CPU.

    Attributes:
        states: ``[L+1, T, D]``, layer 0 the embedding output.
        attention, mlp: ``[L, T, D]``; entry l − 1 is what block l added.
    """

    states: torch.Tensor
    attention: torch.Tensor
    mlp: torch.Tensor


def find_writers(model: LanguageModel) -> Writers:
    """The parts of every block that write, found on a short text.

    Raises:
        ModelError: some block has no two parts whose outputs are all that it adds.

    Example:
        >>> import llmgeo
        >>> writers = find_writers(llmgeo.load("toy"))
        >>> writers.attention[0], writers.mlp[0]
        ('self_attn', 'mlp')
    """
    if model.verified.layout.streams > 1:
        raise ModelError(f"{model.name}: its blocks carry several residual streams, so no part has one write a token.")
    ids = tuple(range(1, 9))
    parts = [dict(block.named_children()) for block in model.blocks]
    with _outputs_of(parts) as outputs:
        states = _read(model, ids)
    names = [
        _pair(outputs[place], states[place], states[place + 1], _tolerance(model)) for place in range(len(model.blocks))
    ]
    if None in names:
        block = names.index(None) + 1
        raise ModelError(
            f"{model.name}: no two parts of block {block} ({', '.join(parts[block - 1])}) give outputs that, added to "
            "its input, are its output, so what attention and MLP add is not known."
        )
    attention, mlp = zip(*names, strict=True)
    return Writers(attention, mlp)


def read_writes(model: LanguageModel, ids: Sequence[int], writers: Writers) -> Writes:
    """One text's states and writes, of one pass.

    Raises:
        UsageError: as `LanguageModel.read`.
        ModelError: on this text, the writes are not all that a block adds.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> writes = read_writes(model, model.encode("A path"), find_writers(model))
        >>> added = writes.states[:-1] + writes.attention + writes.mlp
        >>> torch.allclose(added, writes.states[1:], atol=1e-4)
        True
    """
    named = list(zip(writers.attention, writers.mlp, strict=True))
    parts = [
        {name: block.get_submodule(name) for name in names} for block, names in zip(model.blocks, named, strict=True)
    ]
    with _outputs_of(parts) as outputs:
        states = _read(model, ids)
    attention, mlp = (
        torch.stack([output[names[place]] for output, names in zip(outputs, named, strict=True)]) for place in (0, 1)
    )
    for block in range(len(model.blocks)):
        whole = states[block].float() + attention[block].float() + mlp[block].float()
        if not _is_close(whole, states[block + 1].float(), _tolerance(model)):
            raise ModelError(f"{model.name}: on this text, attention and MLP are not all that block {block + 1} adds.")
    return Writes(states, attention, mlp)


@contextmanager
def _outputs_of(parts: Sequence[dict[str, nn.Module]]) -> Iterator[list[dict[str, torch.Tensor]]]:
    """Within it, what the parts of each block give to this thread's passes over one text: ``[T, D]`` each."""
    thread = threading.get_ident()
    outputs: list[dict[str, torch.Tensor]] = [{} for _ in parts]

    def keeper(block: int, name: str) -> Any:
        def keep(module: nn.Module, args: tuple, output: Any) -> None:
            if threading.get_ident() == thread and (hidden := _text_of(output)) is not None:
                outputs[block][name] = hidden

        return keep

    with ExitStack() as hooks:
        for block, named in enumerate(parts):
            for name, part in named.items():
                hooks.callback(part.register_forward_hook(keeper(block, name)).remove)
        yield outputs


def _text_of(output: Any) -> torch.Tensor | None:
    """``[T, D]`` on the CPU where a part gives a vector a token of one text; None for anything else."""
    try:
        hidden = hidden_of(output)
    except ModelError:
        return None
    if hidden.dim() == 3 and len(hidden) == 1:
        hidden = hidden[0]
    return hidden.detach().to("cpu", copy=True) if hidden.dim() == 2 else None


def _read(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    [batch] = model.read_batches([ids], batch_size=1)
    [trajectory] = batch.hand_over()
    return trajectory.states.cpu()


def _pair(
    outputs: dict[str, torch.Tensor], before: torch.Tensor, after: torch.Tensor, tolerance: float
) -> tuple[str, str] | None:
    """The first two parts whose outputs make up the difference."""
    fitting = {name: output.float() for name, output in outputs.items() if output.shape == before.shape}
    for first, second in combinations(fitting, 2):
        if _is_close(before.float() + fitting[first] + fitting[second], after.float(), tolerance):
            return first, second
    return None


def _is_close(one: torch.Tensor, other: torch.Tensor, tolerance: float) -> bool:
    apart = torch.linalg.vector_norm(one - other, dim=-1)
    return bool((apart <= tolerance * torch.linalg.vector_norm(other, dim=-1)).all())


def _tolerance(model: LanguageModel) -> float:
    return CLOSE.get(model.verified.dtype, ROUGH)
