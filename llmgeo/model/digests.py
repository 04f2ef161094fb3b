"""What fixes a model's weights and its tokenizer, as short digests. Knows tensors' bits and vocabularies; no run."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch

from llmgeo.model.language_model import LanguageModel
from llmgeo.model.placement import parameters
from llmgeo.model.sources import quantization

ESTABLISHED = ("verified_by", "blocks_run", "streams_combined", "padding", "cache", "first_position")
"""What was established about the model and decides how its states are computed."""

WHOLE_NUMBERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Whole numbers of so many bytes."""


def fixed_by(model: LanguageModel) -> dict[str, Any]:
    """What decides the states that the model gives, as a run's fingerprint holds it.

    Example:
        >>> import llmgeo
        >>> fixed_by(llmgeo.load("toy"))["dtype"]
        'float32'
    """
    verified = model.verified.record()
    return {
        "name": model.name,
        "revision": model.source.revision or weights_digest(model),
        "dtype": model.dtype,
        "quantization": quantization.record(model.hf.config),
        "tokenizer": tokenizer_digest(model),
        "blocks": model.block_path,
        "capture": {name: verified[name] for name in ESTABLISHED},
    }


def weights_digest(model: LanguageModel) -> str:
    """Identifies weights that have no commit by the shape and the sum of every parameter's bits.

    Bits are whole numbers: their sum is the same on every device, with every number of threads and processes, and
    wherever the parts of the model lie.
    """
    return f"bits:{module_digest(model.hf)}"


def module_digest(module: torch.nn.Module) -> str:
    """The same of any module, as sixteen characters; tied weights count once.

    >>> layer = torch.nn.Linear(2, 2)
    >>> before = module_digest(layer)
    >>> layer.weight.data[0, 0] += 1
    >>> module_digest(layer) == before
    False
    """
    digest = hashlib.sha256()
    for name, parameter in parameters(module):
        digest.update(f"{name} {tuple(parameter.shape)} {_bits(parameter.detach())}\n".encode())
    return digest.hexdigest()[:16]


def _bits(tensor: torch.Tensor) -> int:
    if hasattr(tensor, "__tensor_flatten__"):  # quantised: several tensors that act as one
        return sum(_bits(getattr(tensor, name)) for name in tensor.__tensor_flatten__()[0])
    if tensor.is_floating_point():
        tensor = tensor.contiguous().view(WHOLE_NUMBERS[tensor.element_size()])
    return int(tensor.sum(dtype=torch.int64))


def tokenizer_digest(model: LanguageModel) -> str | None:
    """Of the vocabulary and the chat template."""
    return None if model.tokenizer is None else digest_of_tokenizer(model.tokenizer)


def digest_of_tokenizer(tokenizer: Any) -> str:
    """The same, of a tokenizer without its model."""
    vocabulary = json.dumps(sorted(tokenizer.get_vocab().items()))
    template = str(getattr(tokenizer, "chat_template", None))
    return hashlib.sha256((vocabulary + template).encode("utf-8", "backslashreplace")).hexdigest()[:16]
