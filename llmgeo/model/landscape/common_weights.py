"""What two models of one architecture share, so that one's weights can go towards the other's.

Knows loaded models and their tokenizers; moves nothing.
"""

from __future__ import annotations

import torch

from llmgeo.errors import UsageError
from llmgeo.model.landscape.displacement import check_movable
from llmgeo.model.language_model import LanguageModel


def common_weights(model: LanguageModel, other: LanguageModel) -> tuple[dict[str, torch.Tensor], str | None]:
    """The other's weights by name, as far as the model has them, and what has to be said of them.

    An other that knows more tokens has longer embeddings: the rows that both have count.

    Raises:
        UsageError: another architecture or size, or a vocabulary in which the same token has another number.
        ModelError: weights that cannot be moved.

    Example:
        >>> import llmgeo
        >>> toy = llmgeo.load("toy")
        >>> weights, remark = common_weights(toy, toy)
        >>> len(weights) == len(list(toy.hf.parameters())), remark
        (True, None)
    """
    check_movable(other.hf, other.name)
    _check_vocabularies(model, other)
    own, others = dict(model.hf.named_parameters()), dict(other.hf.named_parameters())
    if different := sorted(own.keys() ^ others.keys()):
        whose = other.name if different[0] in others else model.name
        raise UsageError(
            f"{model.name} and {other.name} have different weights ({different[0]} is only in {whose}): no straight "
            "way leads from one to the other. Name two checkpoints of one model."
        )
    cut = []
    for name, weight in own.items():
        if weight.shape == others[name].shape:
            continue
        if weight.ndim != 2 or weight.shape[1:] != others[name].shape[1:]:
            raise UsageError(
                f"{name} has shape {tuple(weight.shape)} in {model.name} and {tuple(others[name].shape)} in "
                f"{other.name}: no straight way leads from one to the other. Name two checkpoints of one model."
            )
        cut.append(f"{name}: the first {min(len(weight), len(others[name])):,} rows, which both have")
    weights = {name: others[name].detach().to(weight) for name, weight in own.items()}
    return weights, "; ".join(cut) or None


def _check_vocabularies(model: LanguageModel, other: LanguageModel) -> None:
    if model.tokenizer is None or other.tokenizer is None:
        return
    own, others = model.tokenizer.get_vocab(), other.tokenizer.get_vocab()
    moved = sum(own[token] != others[token] for token in own.keys() & others.keys())
    missing = len(own.keys() - others.keys())
    if moved or missing > len(own) // 100:
        raise UsageError(
            f"{model.name} and {other.name} number their tokens differently ({moved:,} tokens have another number, "
            f"{missing:,} are missing): what lies between them reads no text. Name two checkpoints of one model."
        )
